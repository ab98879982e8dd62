#include "cpython/interpreter.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "process/elf_symbols.h"
#include "process/memory_map.h"
#include "process/process_tree.h"

namespace phlox::cpython {
namespace {

using process::Mapping;
using process::RemoteAddress;

constexpr std::string_view kRuntimeSymbol = "_PyRuntime";
constexpr std::string_view kRuntimeSection =
    ".PyRuntime";  // where _PyRuntime lies in stripped files too
constexpr std::string_view kVersionSymbol = "Py_Version";       // from 3.11 on
constexpr std::string_view kAnyPythonSymbol = "Py_GetVersion";  // in every version

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

// PY_VERSION_HEX: 0x030C01F0 is 3.12.1 (CPython, Include/patchlevel.h).
std::string version_text(std::uint64_t hex) {
  return fmt::format("{}.{}.{}", hex >> 24 & 0xff, hex >> 16 & 0xff, hex >> 8 & 0xff);
}

// "3.9" out of "libpython3.9.so.1.0" or "python3.9"; what is not known stays vague.
std::string version_from_name(std::string_view path) {
  const std::string_view name = base_name(path);
  const auto at = name.find("python");
  std::string version;
  for (const char c : name.substr(at == std::string_view::npos ? name.size() : at + 6)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c != '.' || version.empty() || version.find('.') != std::string::npos)) break;
    version += c;
  }
  while (version.ends_with('.')) version.pop_back();
  return version.empty() ? "an older CPython" : "CPython " + version;
}

Error unknown_version(pid_t pid, std::string_view version) {
  return Error::invalid("process {} runs {}; phlox samples CPython {} so far", pid, version,
                        known_versions());
}

struct Found {
  RemoteAddress runtime;
  RemoteAddress version;
};

// nullopt: no Python in this file.
Result<std::optional<Found>> look_into(pid_t pid, const Mapping& mapping) {
  const std::string path = fmt::format("/proc/{}/root{}", pid, mapping.path);
  constexpr std::array kSymbols = {kRuntimeSymbol, kVersionSymbol, kAnyPythonSymbol};
  const auto lookup = process::look_up(path, kSymbols, kRuntimeSection);
  if (!lookup) {
    if (lookup.error().kind() == Error::Kind::kPermission) return no_permission(pid);
    return std::optional<Found>();
  }
  const auto& runtime = lookup->symbols[0] ? lookup->symbols[0] : lookup->section;
  if (!lookup->symbols[1] || !runtime) {
    if (lookup->symbols[2] || runtime) return unknown_version(pid, version_from_name(mapping.path));
    return std::optional<Found>();
  }
  const std::uint64_t bias = to_number(mapping.start) - mapping.file_offset +
                             lookup->first_load_offset - lookup->first_load_address;
  return std::optional(Found{RemoteAddress{bias + runtime->address},
                             RemoteAddress{bias + lookup->symbols[1]->address}});
}

Result<Interpreter> read_interpreter(pid_t pid, const Found& found) {
  const process::ProcessMemory memory(pid);
  std::uint64_t hex = 0;
  if (!memory.read_value(found.version, hex)) {
    const int error = memory.probe(found.version);
    if (error == EPERM) return no_permission(pid);
    if (error == ESRCH) return Error::gone("process {} has ended", pid);
    return Error::corrupt("process {}: its Python version cannot be read ({})", pid,
                          std::strerror(error));
  }
  const std::string version = version_text(hex);
  const auto minor = static_cast<std::uint32_t>(hex >> 16 & 0xff);
  const Layout* layout = hex >> 24 == 3 ? layout_of(minor) : nullptr;
  if (layout == nullptr) return unknown_version(pid, "CPython " + version);
  Interpreter interpreter{.version = version, .layout = *layout, .runtime = found.runtime};
  PHLOX_TRY(interpreter.layout,
            with_debug_offsets(*layout, memory, found.runtime)
                .context(fmt::format("process {} runs CPython {}", pid, version)));
  return interpreter;
}

}  // namespace

Result<Interpreter> find_interpreter(pid_t pid) {
  if (!process::process_exists(pid)) return Error::not_found("no process with pid {}", pid);
  auto mappings = process::read_mappings(pid);
  if (!mappings) return add_permission_advice(std::move(mappings).error(), pid);
  if (mappings->empty()) return Error::gone("process {} has ended", pid);
  const std::string program = program_of(pid);
  std::string_view looked_into;
  for (const Mapping& mapping : *mappings) {
    // The first mapping of a file is the one that holds its first segment.
    if (!may_hold_python(mapping, program) || mapping.path == looked_into) continue;
    looked_into = mapping.path;
    PHLOX_TRY(const auto found, look_into(pid, mapping));
    if (found) return read_interpreter(pid, *found);
  }
  return Error::not_found("process {} ({}) is not a Python process", pid,
                          program.empty() ? "unknown program" : program);
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
