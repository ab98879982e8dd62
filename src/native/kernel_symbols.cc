#include "native/kernel_symbols.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "process/proc_file.h"

namespace phlox::native {

KernelSymbols KernelSymbols::read() {
  const auto text = process::read_proc_file("/proc/kallsyms");
  return text ? parse(*text) : KernelSymbols();
}

// "ffffffff81000000 T _text" or, of a module, "ffffffffc0200000 t init_once\t[ext4]".
KernelSymbols KernelSymbols::parse(std::string_view text) {
  KernelSymbols result;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    std::uint64_t start = 0;
    const auto number = std::from_chars(line.data(), line.data() + line.size(), start, 16);
    if (number.ec != std::errc() || start == 0) continue;
    line.remove_prefix(static_cast<std::size_t>(number.ptr - line.data()));
    constexpr std::size_t kNameAt = 3;  // behind " T "
    constexpr std::string_view kCode = "tTwW";
    if (line.size() <= kNameAt || !kCode.contains(line[1])) continue;
    const std::string_view name = line.substr(kNameAt, line.find('\t') - kNameAt);
    if (name.empty()) continue;
    result.symbols_.push_back({start, static_cast<std::uint32_t>(result.names_.size()),
                               static_cast<std::uint32_t>(name.size())});
    result.names_.append(name);
  }
  // Of several names of one address the last one counts.
  std::ranges::sort(result.symbols_, {},
                    [](const Symbol& symbol) { return std::tuple(symbol.start, symbol.name_at); });
  return result;
}

std::string_view KernelSymbols::function_at(std::uint64_t address) const {
  const auto next = std::ranges::upper_bound(symbols_, address, {}, &Symbol::start);
  if (next == symbols_.begin()) return "kernel";
  const Symbol& symbol = *std::prev(next);
  return std::string_view(names_).substr(symbol.name_at, symbol.name_size);
}

}  // namespace phlox::native
