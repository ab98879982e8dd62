#include "sampler/native_look.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "process/proc_file.h"

namespace phlox::sampler {
namespace {

constexpr std::size_t kPageBytes = 4'096;
constexpr std::size_t kMaxStackBytes = 64 * kPageBytes;
constexpr std::size_t kMaxKernelFunctions = 128;

}  // namespace

std::vector<std::string_view> parse_kernel_stack(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty() && names.size() < kMaxKernelFunctions) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto bracket = line.find("] ");
    const auto plus = line.find('+');
    if (!line.starts_with("[<") || bracket == std::string_view::npos ||
        plus == std::string_view::npos || plus < bracket + 2)
      continue;
    names.push_back(line.substr(bracket + 2, plus - bracket - 2));
  }
  return names;
}

NativeLook::NativeLook(pid_t pid, const cpython::Layout& layout,
                       const process::MemoryReader& memory)
    : pid_(pid),
      loops_(loops_by(layout)),
      memory_(memory),
      space_(pid, images_),
      stack_(kMaxStackBytes) {
  space_.refresh(Clock::system().steady_now());
}

bool NativeLook::copy(pid_t tid, process::ThreadFiles& files) {
  const auto place = files.user_place();
  if (!place) return false;
  place_ = *place;
  // Page by page, as what lies behind the stack need not be mapped.
  std::array<process::ReadRange, kMaxStackBytes / kPageBytes> pages;
  std::size_t end = kPageBytes - place_.stack_pointer % kPageBytes;
  std::size_t from = 0;
  for (process::ReadRange& page : pages) {
    page = {process::RemoteAddress{place_.stack_pointer + from},
            std::span(stack_).subspan(from, end - from)};
    from = end;
    end = std::min(end + kPageBytes, stack_.size());
  }
  const std::size_t read = memory_.read_ranges(pages);
  stack_bytes_ = 0;
  for (const process::ReadRange& page : std::span(pages).first(read))
    stack_bytes_ += page.into.size();
  kernel_.clear();
  if (const auto text = process::read_proc_file(fmt::format("/proc/{}/task/{}/stack", pid_, tid)))
    for (const std::string_view name : parse_kernel_stack(*text))
      kernel_.push_back(functions_.intern(name, native::kKernelModule));
  return true;
}

void NativeLook::merge(std::span<const cpython::RawFrame> python,
                       std::vector<cpython::RawFrame>& merged) {
  native::Registers registers;
  registers[native::kStackPointer] = place_.stack_pointer;
  registers[native::kReturnAddress] = place_.instruction;
  native::Stack stack;
  native::unwind(registers, {place_.stack_pointer, std::span(stack_).first(stack_bytes_)}, space_,
                 functions_, stack);
  merge_stacks(python, stack, kernel_, functions_, loops_, merged);
}

}  // namespace phlox::sampler
