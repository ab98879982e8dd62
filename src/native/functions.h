// Functions: names of native and kernel functions, each stored once and known by a number from then
// on: code may be unmapped again before its name is needed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace phlox::native {

enum class FunctionId : std::uint32_t {};

struct Function {
  std::string name;      // demangled; without a symbol the file and where in it: "libz.so.1+0x2f40"
  std::string module;    // the file without its directory; of the kernel "[kernel.kallsyms]"
  bool is_loop = false;  // CPython's evaluation loop, which runs Python's frames
  bool is_loop_of_python_2 = false;  // the same in 2.7
  bool enters_loop = false;          // makes a Python function's frame and has the loop run it
};

inline constexpr std::string_view kKernelModule = "[kernel.kallsyms]";
inline constexpr std::size_t kMaxNameChars = 1024;  // longer names are cut

class Functions {
 public:
  // `symbol` as it stands in the file: see function_name().
  FunctionId intern(std::string_view symbol, std::string_view module);
  const Function& operator[](FunctionId id) const {
    return functions_[static_cast<std::size_t>(id)];
  }
  std::size_t size() const { return functions_.size(); }

 private:
  std::vector<Function> functions_;
  std::unordered_map<std::string, FunctionId> ids_;  // by module and symbol
};

// Demangled, and without what compilers and linkers append to the name of a part or a copy of a
// function (foo.cold, foo.constprop.0, foo@@VERSION_1). Pure.
std::string function_name(std::string_view symbol);

}  // namespace phlox::native
