#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace phlox {

Error Error::from_errno(int error_number, std::string_view doing) {
  Kind kind = Kind::kIo;
  switch (error_number) {
    case ENOENT:
      kind = Kind::kNotFound;
      break;
    case EACCES:
    case EPERM:
      kind = Kind::kPermission;
      break;
    case ESRCH:
      kind = Kind::kGone;
      break;
    default:
      break;
  }
  return {kind, fmt::format("{}: {}", doing, std::strerror(error_number))};
}

}  // namespace phlox
