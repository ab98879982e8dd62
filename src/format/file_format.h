// Which format a file has, told from its content alone.
#pragma once

#include <string_view>

#include "base/result.h"

namespace phlox::format {

enum class FileFormat { kPprof, kSpeedscope, kAustin, kPerfScript, kFolded };

// Folded stacks are what remains. kInvalid, with what to do, for files that another program turns
// into one of these: perf.data, austin's binary MOJO.
Result<FileFormat> recognize(std::string_view bytes);

}  // namespace phlox::format
