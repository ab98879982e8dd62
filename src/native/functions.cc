#include "native/functions.h"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace phlox::native {
namespace {

constexpr std::array<std::string_view, 6> kSuffixes = {".cold",  ".part.",     ".constprop.",
                                                       ".isra.", ".lto_priv.", "@"};
// Where CPython runs Python's frames (Python/ceval.c).
constexpr std::string_view kLoop = "_PyEval_EvalFrameDefault";
constexpr std::string_view kLoopOfPython2 = "PyEval_EvalFrameEx";
// What lies between a call of a Python function and its frame: Objects/call.c, Python/ceval.c of
// CPython 2.7 and 3.6 to 3.14.
constexpr std::array<std::string_view, 13> kEntries = {"PyEval_EvalCodeEx",
                                                       "_PyEval_Vector",
                                                       "_PyFunction_Vectorcall",
                                                       "_PyEval_EvalFrame",
                                                       "PyEval_EvalFrameEx",
                                                       "_PyEval_EvalCode",
                                                       "_PyEval_EvalCodeWithName",
                                                       "function_code_fastcall",
                                                       "_PyFunction_FastCallKeywords",
                                                       "_PyFunction_FastCallDict",
                                                       "_PyFunction_FastCall",
                                                       "call_function",
                                                       "fast_function"};

std::string demangle(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? std::string(text.get()) : symbol;
}

}  // namespace

std::string function_name(std::string_view symbol) {
  for (const std::string_view suffix : kSuffixes)
    if (const auto at = symbol.find(suffix); at != std::string_view::npos && at > 0)
      symbol = symbol.substr(0, at);
  std::string name(symbol.substr(0, kMaxNameChars));
  if (symbol.size() <= kMaxNameChars && symbol.starts_with("_Z")) name = demangle(name);
  if (name.size() > kMaxNameChars) name.resize(kMaxNameChars);
  return name;
}

FunctionId Functions::intern(std::string_view symbol, std::string_view module) {
  std::string key(module);
  key.append(1, '\0').append(symbol);
  const auto [entry, added] =
      ids_.try_emplace(std::move(key), static_cast<FunctionId>(functions_.size()));
  if (added) {
    Function function{.name = function_name(symbol), .module = std::string(module)};
    function.is_loop = function.name == kLoop;
    function.is_loop_of_python_2 = function.name == kLoopOfPython2;
    function.enters_loop = std::ranges::find(kEntries, function.name) != kEntries.end();
    functions_.push_back(std::move(function));
  }
  return entry->second;
}

}  // namespace phlox::native
