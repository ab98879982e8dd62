// The source files that people may read beside their profiles: those below one directory, and
// nothing else, whatever a profile or a request calls a file. The kernel resolves each name below
// the directory (openat2 with RESOLVE_BENEATH, Linux 5.6), so that neither "..", nor an absolute
// name, nor a link that leads out, nor a directory exchanged meanwhile gets elsewhere.
//
// Threads: read() may be called by any at once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace phlox::api {

// A source file above this is refused, rather than shown in part.
inline constexpr std::size_t kMaxSourceBytes = std::size_t{2} << 20;

class SourceDirectory {
 public:
  static Result<SourceDirectory> open(const std::string& path);

  // Text of the file that a frame calls `file`. Programs name files as they were installed, so of
  // /srv/shop/app.py first srv/shop/app.py is looked for, then shop/app.py, then app.py. kNotFound
  // if there is none, kInvalid for what names no file or holds no text, kLimit for a large one.
  Result<std::string> read(std::string_view file) const;

 private:
  explicit SourceDirectory(UniqueFd directory) : directory_(std::move(directory)) {}
  UniqueFd directory_;
};

}  // namespace phlox::api
