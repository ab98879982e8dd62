#include "format/file_format.h"

#include "base/gzip.h"
#include "format/austin.h"
#include "format/perf_script.h"

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

}  // namespace

Result<FileFormat> recognize(std::string_view bytes) {
  // Linux, tools/perf/util/header.c; the second on a machine of the other byte order.
  if (bytes.starts_with("PERFILE2") || bytes.starts_with("2ELIFREP"))
    return Error::invalid("this is perf.data; send what `perf script -i FILE` writes");
  // A pprof holds the empty string and thereby a NUL; text has none.
  const bool is_binary = bytes.find('\0') != std::string_view::npos;
  if (is_binary && bytes.starts_with("MOJ"))
    return Error::invalid("this is austin's binary format; send what `mojo2austin` makes of it");
  if (is_gzip(bytes) || is_binary) return FileFormat::kPprof;
  if (is_json_object(bytes)) return FileFormat::kSpeedscope;
  if (is_austin(bytes)) return FileFormat::kAustin;
  if (is_perf_script(bytes)) return FileFormat::kPerfScript;
  return FileFormat::kFolded;
}

}  // namespace phlox::format
