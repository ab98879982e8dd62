#include "storage/rocksdb/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

namespace phlox::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatPrefix = "phlox data format ";
constexpr const char* kAdvice = "choose a directory that this user may write with --data DIR";

Result<UniqueFd> lock_directory(const fs::path& path) {
  const fs::path file = path / "LOCK";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) {
    const int error = errno;
    return Error::permission("data directory {} cannot be written: {}; {}", path.string(),
                             std::strerror(error), kAdvice);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return Error::permission(
        "data directory {} is in use by another phlox server; stop that one, or choose another "
        "directory with --data DIR",
        path.string());
  return fd;
}

// Which one it is, none newer than ours.
Result<int> check_format(const fs::path& path) {
  const fs::path file = path / "FORMAT";
  std::error_code error;
  if (!fs::exists(file, error)) {
    if (fs::exists(path / "rocksdb", error))
      return Error::corrupt(
          "data directory {} has a database but no FORMAT file; restore it or "
          "choose an empty directory with --data DIR",
          path.string());
    PHLOX_TRY(DataDirectory::write_format(path));
    return kDataFormat;
  }
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  int version = 0;
  const bool known = line.starts_with(kFormatPrefix);
  const char* end = line.data() + line.size();
  const auto parsed = known ? std::from_chars(line.data() + kFormatPrefix.size(), end, version)
                            : std::from_chars_result{line.data(), std::errc::invalid_argument};
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return Error::corrupt("{} is not of a phlox server; choose another directory with --data DIR",
                          file.string());
  if (version > kDataFormat)
    return Error::invalid(
        "data directory {} has format {}, this phlox reads up to {}; update phlox or choose "
        "another "
        "directory with --data DIR",
        path.string(), version, kDataFormat);
  return version;
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path, error))
    return Error::permission("data directory {} cannot be made: {}; {}", path.string(),
                             error ? error.message() : "a file of that name is in the way",
                             kAdvice);
  PHLOX_TRY(UniqueFd lock, lock_directory(path));
  PHLOX_TRY(const int format, check_format(path));
  return DataDirectory(path, std::move(lock), format);
}

Result<> DataDirectory::finish_upgrade() {
  PHLOX_TRY(write_format(path_));
  format_ = kDataFormat;
  return {};
}

// Written beside and renamed, so that a half-written one is never seen.
Result<> DataDirectory::write_format(const fs::path& path) {
  const fs::path file = path / "FORMAT";
  const fs::path fresh = file.string() + ".new";
  {
    std::ofstream out(fresh);
    out << kFormatPrefix << kDataFormat << '\n';
    if (!out.flush()) return Error::io("cannot write {}; {}", fresh.string(), kAdvice);
  }
  std::error_code error;
  fs::rename(fresh, file, error);
  if (error) return Error::io("cannot write {}: {}", file.string(), error.message());
  return {};
}

std::uint64_t DataDirectory::bytes_on_disk() const {
  std::uint64_t sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(path_, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code vanished;  // RocksDB deletes files while we look
    const auto size = at->file_size(vanished);
    if (!vanished) sum += size;
  }
  return sum;
}

}  // namespace phlox::storage
