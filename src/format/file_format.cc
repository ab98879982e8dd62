#include "format/file_format.h"

#include <algorithm>

#include "format/austin.h"
#include "format/firefox_profile.h"
#include "format/perf_script.h"
#include "format/python_collapsed.h"

namespace phlox::format {
namespace {

// A frame of folded stacks may begin with a brace, but hardly goes on with a quote.
bool is_json_object(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto brace = text.find_first_not_of(kBlanks);
  if (brace == std::string_view::npos || text[brace] != '{') return false;
  const auto next = text.find_first_not_of(kBlanks, brace + 1);
  return next != std::string_view::npos && (text[next] == '"' || text[next] == '}');
}

// A table of Python's marshal (CPython, Python/marshal.c: TYPE_DICT, with FLAG_REF or without) with
// a tuple for its first key; a pprof begins with the tag of a field.
bool is_pstats(std::string_view bytes) {
  constexpr std::string_view kTuples = "()\xa8\xa9";
  return bytes.size() > 1 && (bytes[0] == '{' || bytes[0] == '\xfb') &&
         kTuples.find(bytes[1]) != std::string_view::npos;
}

bool is_web_page(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const auto begins = [&](std::string_view with) {
    return std::ranges::equal(text.substr(0, with.size()), with, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  };
  return begins("<!doctype") || begins("<html");
}

}  // namespace

std::string_view name_of(FileFormat format) {
  switch (format) {
    case FileFormat::kPprof:
      return "pprof";
    case FileFormat::kSpeedscope:
      return "speedscope";
    case FileFormat::kFirefox:
      return "Firefox profile";
    case FileFormat::kAustin:
      return "austin";
    case FileFormat::kPythonCollapsed:
      return "collapsed stacks of CPython";
    case FileFormat::kPerfScript:
      return "perf script";
    case FileFormat::kFolded:
      return "folded stacks";
  }
  return "";
}

Result<FileFormat> recognize(std::string_view bytes) {
  // Linux, tools/perf/util/header.c; the second on a machine of the other byte order.
  if (bytes.starts_with("PERFILE2") || bytes.starts_with("2ELIFREP"))
    return Error::invalid("this is perf.data; send what `perf script -i FILE` writes");
  // A pprof holds the empty string and thereby a NUL; text has none.
  const bool is_binary = bytes.find('\0') != std::string_view::npos;
  if (is_binary && bytes.starts_with("MOJ"))
    return Error::invalid("this is austin's binary format; send what `mojo2austin` makes of it");
  // CPython 3.15, Lib/profiling/sampling/cli.py; in either byte order.
  if (is_binary && (bytes.starts_with("HCAT") || bytes.starts_with("TACH")))
    return Error::invalid(
        "this is the binary file of CPython's sampler; send what "
        "`python -m profiling.sampling replay --gecko -o FILE` makes of it");
  if (is_binary && is_pstats(bytes))
    return Error::invalid(
        "these are statistics of Python (pstats), which hold no stacks; sample with "
        "`python -m profiling.sampling run --gecko` and send that");
  if (is_binary) return FileFormat::kPprof;
  if (is_web_page(bytes))
    return Error::invalid("this is a web page; send the profile that it was made of");
  if (is_json_object(bytes))
    return is_firefox_profile(bytes) ? FileFormat::kFirefox : FileFormat::kSpeedscope;
  if (is_austin(bytes)) return FileFormat::kAustin;
  if (is_python_collapsed(bytes)) return FileFormat::kPythonCollapsed;
  if (is_perf_script(bytes)) return FileFormat::kPerfScript;
  return FileFormat::kFolded;
}

}  // namespace phlox::format
