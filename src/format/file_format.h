// Which format a file has, told from its content alone.
#pragma once

#include <string_view>

#include "base/result.h"

namespace phlox::format {

enum class FileFormat {
  kPprof,
  kSpeedscope,
  kFirefox,
  kAustin,
  kPythonCollapsed,
  kPerfScript,
  kFolded
};

// "pprof", "Firefox profile": as people write it.
std::string_view name_of(FileFormat format);

// Of what is not compressed. Folded stacks are what remains. kInvalid, with what to do, for files
// that another program turns into one of these: perf.data, austin's binary MOJO, the binary file
// and the pstats of CPython's sampler, web pages.
Result<FileFormat> recognize(std::string_view bytes);

}  // namespace phlox::format
