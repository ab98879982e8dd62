// For tests: a file system for RocksDB that loses power. From power_off() on nothing is written any
// more and nobody is told, since nobody would live to hear of it; lose_unsynced() then leaves of
// each file what was synced, and of new files those whose directory was. Renaming and deleting last
// at once, as on a file system with a journal. Any thread.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace phlox::storage::testing {

class LosingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;

  LosingFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "LosingFileSystem"; }

  void power_off() { is_on_ = false; }
  bool is_on() const { return is_on_; }
  // Once nothing has a file open any more. How many bytes went.
  std::uint64_t lose_unsynced() {
    const std::lock_guard lock(mutex_);
    std::uint64_t lost = 0;
    for (const auto& [path, file] : files_) {
      if (!std::filesystem::exists(path)) continue;
      lost += file.size - file.synced;
      if (file.is_listed) {
        std::filesystem::resize_file(path, file.synced);
      } else {
        std::filesystem::remove(path);
      }
    }
    files_.clear();
    is_on_ = true;
    return lost;
  }

  Status NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* out, Debug* debug) override {
    const Status status = target()->NewWritableFile(path, options, out, debug);
    if (!status.ok()) return status;
    {
      const std::lock_guard lock(mutex_);
      files_[path] = {};
    }
    *out = std::make_unique<File>(*this, path, std::move(*out));
    return status;
  }
  // Not used by RocksDB with our options; what it wrote would not be watched.
  Status ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& /*options*/,
                            std::unique_ptr<rocksdb::FSWritableFile>* /*out*/,
                            Debug* /*debug*/) override {
    return Status::NotSupported("reopen " + path);
  }
  Status ReuseWritableFile(const std::string& path, const std::string& /*old*/,
                           const rocksdb::FileOptions& /*options*/,
                           std::unique_ptr<rocksdb::FSWritableFile>* /*out*/,
                           Debug* /*debug*/) override {
    return Status::NotSupported("reuse " + path);
  }
  Status NewDirectory(const std::string& path, const Options& options,
                      std::unique_ptr<rocksdb::FSDirectory>* out, Debug* debug) override {
    const Status status = target()->NewDirectory(path, options, out, debug);
    if (status.ok()) *out = std::make_unique<Directory>(*this, path, std::move(*out));
    return status;
  }
  Status RenameFile(const std::string& from, const std::string& to, const Options& options,
                    Debug* debug) override {
    if (!is_on_) return Status::OK();
    const Status status = target()->RenameFile(from, to, options, debug);
    const std::lock_guard lock(mutex_);
    if (auto file = files_.extract(from); status.ok() && !file.empty()) {
      file.mapped().is_listed = true;
      files_[to] = file.mapped();
    }
    return status;
  }
  Status DeleteFile(const std::string& path, const Options& options, Debug* debug) override {
    if (!is_on_) return Status::OK();
    return target()->DeleteFile(path, options, debug);
  }

 private:
  struct State {
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
    bool is_listed = false;  // its directory has been synced since it was made
  };

  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(LosingFileSystem& system, std::string path,
         std::unique_ptr<rocksdb::FSWritableFile> target)
        : FSWritableFileOwnerWrapper(std::move(target)), system_(system), path_(std::move(path)) {}

    Status Append(const rocksdb::Slice& data, const Options& options, Debug* debug) override {
      if (!system_.is_on_) return Status::OK();
      const Status status = target()->Append(data, options, debug);
      return status.ok() ? change([&](State& file) { file.size += data.size(); }) : status;
    }
    Status Append(const rocksdb::Slice& data, const Options& options,
                  const rocksdb::DataVerificationInfo& /*checksum*/, Debug* debug) override {
      return Append(data, options, debug);
    }
    Status Sync(const Options& options, Debug* debug) override {
      std::uint64_t size = 0;  // what comes while it syncs is not synced
      static_cast<void>(change([&](State& file) { size = file.size; }));
      if (!system_.is_on_) return Status::OK();
      const Status status = target()->Sync(options, debug);
      return status.ok() ? change([&](State& file) { file.synced = size; }) : status;
    }
    Status Fsync(const Options& options, Debug* debug) override { return Sync(options, debug); }

   private:
    template <class Change>
    Status change(Change apply) {
      const std::lock_guard lock(system_.mutex_);
      if (const auto file = system_.files_.find(path_); file != system_.files_.end())
        apply(file->second);
      return Status::OK();
    }

    LosingFileSystem& system_;
    const std::string path_;
  };

  class Directory final : public rocksdb::FSDirectoryWrapper {
   public:
    Directory(LosingFileSystem& system, std::filesystem::path path,
              std::unique_ptr<rocksdb::FSDirectory> target)
        : FSDirectoryWrapper(std::move(target)), system_(system), path_(std::move(path)) {}

    Status Fsync(const Options& options, Debug* debug) override {
      return system_.is_on_ ? listed(FSDirectoryWrapper::Fsync(options, debug)) : Status::OK();
    }
    Status FsyncWithDirOptions(const Options& options, Debug* debug,
                               const rocksdb::DirFsyncOptions& how) override {
      return system_.is_on_ ? listed(FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how))
                            : Status::OK();
    }

   private:
    Status listed(const Status& status) {
      if (!status.ok()) return status;
      const std::lock_guard lock(system_.mutex_);
      for (auto& [path, file] : system_.files_)
        if (std::filesystem::path(path).parent_path() == path_) file.is_listed = true;
      return status;
    }

    LosingFileSystem& system_;
    const std::filesystem::path path_;
  };

  std::atomic<bool> is_on_ = true;
  std::mutex mutex_;
  std::map<std::string, State> files_;  // of those that were made since the start
};

}  // namespace phlox::storage::testing
