#include "profile/function_kind.h"

namespace phlox::profile {
namespace {

bool in_brackets(std::string_view text, char open, char close) {
  return text.size() >= 2 && text.front() == open && text.back() == close;
}

bool is_python_file(std::string_view file) {
  return file.ends_with(".py") || file.ends_with(".pyx");
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view stem(std::string_view name) { return name.substr(0, name.rfind('.')); }

// The part of `path` below the last library directory: "json/decoder.py" of
// "/usr/lib/python3.11/json/decoder.py".
std::string_view below_library(std::string_view path) {
  constexpr std::string_view kLibrary = "/lib/python";
  std::string_view in_library;
  for (std::size_t end = path.size(); end > 0;) {
    const auto at = path.rfind('/', end - 1);
    if (at == std::string_view::npos) break;
    end = at;
    const std::string_view from = path.substr(at);
    for (const std::string_view directory : {"/site-packages/", "/dist-packages/"}) {
      if (from.starts_with(directory)) return from.substr(directory.size());
    }
    if (!in_library.empty() || !from.starts_with(kLibrary)) continue;
    if (const auto slash = from.find('/', kLibrary.size()); slash != std::string_view::npos)
      in_library = from.substr(slash + 1);
  }
  return in_library;
}

}  // namespace

FunctionKind kind_of(std::string_view name, std::string_view file, std::string_view mapping) {
  if (in_brackets(name, '[', ']')) return FunctionKind::kSynthetic;
  if (mapping.starts_with("[kernel")) return FunctionKind::kKernel;
  if (mapping.empty() || is_python_file(file) || in_brackets(name, '<', '>') ||
      in_brackets(file, '<', '>'))
    return FunctionKind::kPython;
  return FunctionKind::kNative;
}

std::string_view module_of(std::string_view file, std::string_view mapping) {
  if (!mapping.empty() && !is_python_file(file)) return base_name(mapping);
  if (in_brackets(file, '<', '>')) return file;
  if (const auto inside = below_library(file); !inside.empty()) {
    const auto slash = inside.find('/');
    return slash == std::string_view::npos ? stem(inside) : inside.substr(0, slash);
  }
  return stem(base_name(file));
}

}  // namespace phlox::profile
