#include "cpython/interpreter.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "cpython/layout_check.h"
#include "cpython/thread_list.h"
#include "cpython/version.h"
#include "process/elf_symbols.h"
#include "process/last_cpu.h"
#include "process/memory_map.h"
#include "process/process_tree.h"

namespace phlox::cpython {
namespace {

using process::Mapping;
using process::RemoteAddress;

constexpr std::string_view kRuntimeSymbol = "_PyRuntime";
constexpr std::string_view kRuntimeSection =
    ".PyRuntime";  // where _PyRuntime lies in stripped files too
constexpr std::string_view kVersionSymbol = "Py_Version";              // from 3.11 on
constexpr std::string_view kHeadFunction = "PyInterpreterState_Head";  // in every version

constexpr int kThreadNumbersTries = 3;

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The interpreter is in libpython of a shared build, else in the program itself, whatever that is
// called (uwsgi).
bool may_hold_python(const Mapping& mapping, std::string_view program) {
  return mapping.path.starts_with('/') &&
         (mapping.path == program || base_name(mapping.path).starts_with("libpython"));
}

std::string program_of(pid_t pid) {
  std::array<char, 4096> path{};
  const ssize_t size =
      ::readlink(fmt::format("/proc/{}/exe", pid).c_str(), path.data(), path.size());
  std::string program(path.data(), static_cast<std::size_t>(size > 0 ? size : 0));
  constexpr std::string_view kDeleted = " (deleted)";
  if (program.ends_with(kDeleted)) program.resize(program.size() - kDeleted.size());
  return program;
}

Error no_permission(pid_t pid) {
  return Error::permission(
      "cannot read the memory of process {}: permission denied; run phlox as the same user or as "
      "root, or grant it "
      "CAP_SYS_PTRACE; under kernel.yama.ptrace_scope=1 start the program with `phlox exec` "
      "instead",
      pid);
}

Error add_permission_advice(Error error, pid_t pid) {
  return error.kind() == Error::Kind::kPermission ? no_permission(pid) : error;
}

Error unknown_version(pid_t pid, std::string_view version) {
  return Error::invalid("process {} runs CPython {}; phlox samples CPython {} so far", pid, version,
                        known_versions());
}

Error ended(pid_t pid) { return Error::gone("process {} has ended", pid); }

Error not_started(pid_t pid) {
  return Error::not_found(
      "process {} has not started its Python interpreter yet; try again in a moment", pid);
}

// A mapped file with an interpreter in it.
struct Image {
  std::optional<RemoteAddress> runtime;            // _PyRuntime, from 3.7 on
  std::optional<RemoteAddress> version;            // Py_Version, from 3.11 on
  std::optional<RemoteAddress> interpreters_head;  // the function that returns it
  std::vector<process::MappedElf::Region> variables;
};

// nullopt: no Python in this file.
Result<std::optional<Image>> look_into(pid_t pid, const Mapping& mapping) {
  constexpr std::array kSymbols = {kRuntimeSymbol, kVersionSymbol, kHeadFunction};
  auto elf = process::look_up_mapped(pid, mapping, kSymbols, kRuntimeSection);
  if (!elf) {
    if (elf.error().kind() == Error::Kind::kPermission) return no_permission(pid);
    return std::optional<Image>();
  }
  Image image{.runtime = elf->symbols[0] ? elf->symbols[0] : elf->section,
              .version = elf->symbols[1],
              .interpreters_head = elf->symbols[2],
              .variables = std::move(elf->writable)};
  if (!image.runtime && !image.interpreters_head) return std::optional<Image>();
  return std::optional(std::move(image));
}

Result<Version> version_of(pid_t pid, const Image& image, const process::ProcessMemory& memory) {
  std::uint64_t hex = 0;
  if (image.version) {
    if (memory.read_value(*image.version, hex)) return version_from_hex(hex);
  } else if (image.runtime) {
    if (const auto version = version_in_debug_offsets(memory, *image.runtime))
      return version_from_hex(*version);
  }
  if (const auto text = find_version_text(memory, image.variables)) return *text;
  const int error = memory.probe(image.version.value_or(
      image.variables.empty() ? RemoteAddress::kNull : image.variables.back().start));
  if (error == EPERM) return no_permission(pid);
  if (error == ESRCH) return ended(pid);
  return not_started(pid);
}

// 2.7 and 3.6 have no _PyRuntime and keep the head of their interpreters in a variable without a
// name, which PyInterpreterState_Head() returns: mov head(%rip), %rax.
std::optional<RemoteAddress> head_returned_by(const process::ProcessMemory& memory,
                                              RemoteAddress function) {
  constexpr std::array<unsigned char, 3> kMove = {0x48, 0x8b, 0x05};
  std::array<unsigned char, 24> code{};  // a frame may be set up before it
  if (!memory.read_value(function, code)) return std::nullopt;
  const auto move = std::ranges::search(code, kMove);
  std::int32_t distance = 0;
  if (code.end() - move.end() < static_cast<std::ptrdiff_t>(sizeof distance)) return std::nullopt;
  const auto at = static_cast<std::size_t>(move.end() - code.begin());
  std::memcpy(&distance, code.data() + at, sizeof distance);
  return RemoteAddress{to_number(function) + at + sizeof distance +
                       static_cast<std::uint64_t>(std::int64_t{distance})};
}

// As the threads see themselves.
std::vector<pid_t> own_tids(pid_t pid) {
  std::vector<pid_t> tids;
  auto directory = process::ThreadDirectory::open(pid);
  if (!directory || !directory->list(tids) || process::in_our_pid_namespace(pid)) return tids;
  std::vector<pid_t> own;
  for (const pid_t tid : tids)
    if (const auto number = process::tid_in_own_namespace(pid, tid)) own.push_back(*number);
  return own;
}

Result<ThreadNumbers> thread_numbers_of(pid_t pid, const Interpreter& interpreter,
                                        const process::ProcessMemory& memory,
                                        std::span<const Mapping> mappings) {
  if (const auto numbers = ThreadNumbers::find(pid, mappings, memory)) return *numbers;
  // A thread may end in between.
  for (int i = 0; i < kThreadNumbersTries; ++i) {
    std::vector<ThreadState> states;
    list_threads(interpreter, memory, states);
    if (states.empty()) return not_started(pid);
    std::vector<RemoteAddress> pthreads;
    for (const ThreadState& state : states) pthreads.push_back(RemoteAddress{state.identity});
    if (const auto numbers = ThreadNumbers::find_in_musl(memory, pthreads, own_tids(pid)))
      return *numbers;
  }
  return Error::invalid(
      "process {} runs CPython {}, which leaves the numbers of its threads to the C library, and "
      "that is neither glibc nor a known musl; from 3.11 on this does not matter",
      pid, interpreter.version);
}

Result<Interpreter> read_interpreter(pid_t pid, const Image& image,
                                     std::span<const Mapping> mappings) {
  const process::ProcessMemory memory(pid);
  PHLOX_TRY(const Version version, version_of(pid, image, memory));
  const Layout* layout = layout_of(version.minor, version.major);
  const bool is_newer = version.major == 3 && version.minor > newest_layout().minor;
  if (layout == nullptr && !is_newer) return unknown_version(pid, version.text);
  const auto runtime = image.runtime || !image.interpreters_head
                           ? image.runtime
                           : head_returned_by(memory, *image.interpreters_head);
  if (!runtime)
    return Error::invalid("process {}: the interpreters of its CPython {} cannot be found", pid,
                          version.text);
  Interpreter interpreter{.version = version.text,
                          .layout = is_newer ? newest_layout() : *layout,
                          .runtime = *runtime,
                          .thread_numbers = {},
                          .rseq = process::find_rseq(pid, mappings, memory)};
  auto adapted = with_debug_offsets(interpreter.layout, memory, interpreter.runtime)
                     .context(fmt::format("process {} runs CPython {}", pid, version.text));
  if (is_newer && !adapted) return unknown_version(pid, version.text);
  PHLOX_TRY(interpreter.layout, std::move(adapted));
  if (interpreter.layout.thread_native_id == kNone) {
    PHLOX_TRY(interpreter.thread_numbers, thread_numbers_of(pid, interpreter, memory, mappings));
  }
  if (is_newer) {
    if (!is_initialized(interpreter, memory)) return not_started(pid);
    if (!layout_fits(interpreter, memory, pid)) return unknown_version(pid, version.text);
  }
  return interpreter;
}

// Its memory goes first; the process itself may be there for some milliseconds more.
bool has_no_memory(pid_t pid) {
  const auto mappings = process::read_mappings(pid);
  return mappings ? mappings->empty() : mappings.error().kind() == Error::Kind::kGone;
}

Result<Interpreter> look_for_interpreter(pid_t pid) {
  auto mappings = process::read_mappings(pid);
  if (!mappings) return add_permission_advice(std::move(mappings).error(), pid);
  if (mappings->empty()) return ended(pid);
  const std::string program = program_of(pid);
  std::string_view looked_into;
  for (const Mapping& mapping : *mappings) {
    // The first mapping of a file is the one that holds its first segment.
    if (!may_hold_python(mapping, program) || mapping.path == looked_into) continue;
    looked_into = mapping.path;
    PHLOX_TRY(const auto image, look_into(pid, mapping));
    if (image) return read_interpreter(pid, *image, *mappings);
  }
  return Error::not_found("process {} ({}) is not a Python process", pid,
                          program.empty() ? "unknown program" : program);
}

}  // namespace

Result<Interpreter> find_interpreter(pid_t pid) {
  if (!process::process_exists(pid)) return Error::gone("no process with pid {}", pid);
  auto interpreter = look_for_interpreter(pid);
  // Without its memory a Python looks like another program, or like one that makes no sense.
  if (!interpreter && has_no_memory(pid)) return ended(pid);
  return interpreter;
}

bool is_initialized(const Interpreter& interpreter, const process::MemoryReader& memory) {
  RemoteAddress first{};
  RemoteAddress thread{};
  return memory.read_value(interpreter.runtime + interpreter.layout.runtime_interpreters_head,
                           first) &&
         first != RemoteAddress::kNull &&
         memory.read_value(first + interpreter.layout.interpreter_threads_head, thread) &&
         thread != RemoteAddress::kNull;
}

}  // namespace phlox::cpython
