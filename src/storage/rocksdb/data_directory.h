// The directory of a store: made if missing, locked against a second server, with its format's
// version.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace phlox::storage {

inline constexpr int kDataFormat = 5;

class DataDirectory {
 public:
  static Result<DataDirectory> open(const std::filesystem::path& path);

  // Makes `path` a data directory whose database somebody has put there.
  static Result<> write_format(const std::filesystem::path& path);
  static std::filesystem::path database_path(const std::filesystem::path& path) {
    return path / "rocksdb";
  }

  // kDataFormat, or an older one until finish_upgrade() says that it no longer is.
  int format() const { return format_; }
  Result<> finish_upgrade();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database_path() const { return database_path(path_); }
  std::uint64_t bytes_on_disk() const;  // 0 when it cannot be read

 private:
  DataDirectory(std::filesystem::path path, UniqueFd lock, int format)
      : path_(std::move(path)), lock_(std::move(lock)), format_(format) {}

  std::filesystem::path path_;
  UniqueFd lock_;  // the lock ends with the descriptor, so also with the process
  int format_;
};

}  // namespace phlox::storage
