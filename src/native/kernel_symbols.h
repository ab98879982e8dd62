// KernelSymbols: the functions of the running kernel and its modules (/proc/kallsyms).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phlox::native {

class KernelSymbols {
 public:
  // Of this machine: some 50 ms and some 10 MB. Empty where the kernel hides its addresses
  // (kernel.kptr_restrict).
  static KernelSymbols read();
  // Pure; lines that are not understood are left out.
  static KernelSymbols parse(std::string_view text);

  // The function that holds an instruction; "kernel" if it has no name. Valid as long as this.
  std::string_view function_at(std::uint64_t address) const;
  bool is_empty() const { return symbols_.empty(); }

 private:
  struct Symbol {
    std::uint64_t start = 0;
    std::uint32_t name_at = 0;
    std::uint32_t name_size = 0;
  };
  std::vector<Symbol> symbols_;  // by address
  std::string names_;
};

}  // namespace phlox::native
