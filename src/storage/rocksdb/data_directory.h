// The directory of a store: made if missing, locked against a second server, with its format's
// version.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace phlox::storage {

inline constexpr int kDataFormat = 3;

class DataDirectory {
 public:
  static Result<DataDirectory> open(const std::filesystem::path& path);

  // Makes `path` a data directory whose database somebody has put there.
  static Result<> write_format(const std::filesystem::path& path);
  static std::filesystem::path database_path(const std::filesystem::path& path) {
    return path / "rocksdb";
  }

  // Whether it is of an older format until now; finish_upgrade() says that it no longer is.
  bool is_older() const { return is_older_; }
  Result<> finish_upgrade();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database_path() const { return database_path(path_); }
  std::uint64_t bytes_on_disk() const;  // 0 when it cannot be read

 private:
  DataDirectory(std::filesystem::path path, UniqueFd lock, bool is_older)
      : path_(std::move(path)), lock_(std::move(lock)), is_older_(is_older) {}

  std::filesystem::path path_;
  UniqueFd lock_;  // the lock ends with the descriptor, so also with the process
  bool is_older_;
};

}  // namespace phlox::storage
