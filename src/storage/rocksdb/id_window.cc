#include "storage/rocksdb/id_window.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/varint.h"

namespace phlox::storage {
namespace {

std::string fingerprint(SeriesId series, WallTime start, std::string_view id) {
  std::string content;
  append_u32(content, series);
  append_varint(content, static_cast<std::uint64_t>(to_unix_ns(start)));
  content += id;
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return {reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
}

std::string encode_written(WallTime written) {
  std::string out;
  append_varint(out, static_cast<std::uint64_t>(to_unix_ms(written)));
  return out;
}

bool remembered(std::string_view value, WallTime now) {
  const auto written = ByteReader(value).varint();
  return written && from_unix_ms(static_cast<std::int64_t>(*written)) > now - kIdMemory;
}

class ExpiredIdFilter final : public rocksdb::CompactionFilter {
 public:
  const char* Name() const override { return "phlox.ids"; }
  bool Filter(int /*level*/, const rocksdb::Slice& /*key*/, const rocksdb::Slice& value,
              std::string* /*changed*/, bool* /*has_changed*/) const override {
    return !remembered(view(value), now_);
  }

 private:
  // Of the system, whatever clock the store has: a day too long is only a little space.
  WallTime now_ = Clock::system().wall_now();
};

class ExpiredIdFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  const char* Name() const override { return "phlox.ids"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    return std::make_unique<ExpiredIdFilter>();
  }
};

}  // namespace

std::shared_ptr<rocksdb::CompactionFilterFactory> expired_id_filter() {
  return std::make_shared<ExpiredIdFilterFactory>();
}

Result<bool> IdWindow::add(SeriesId series, WallTime start, std::string_view id) {
  if (id.empty()) return true;
  const std::string key = fingerprint(series, start, id);
  if (!added_.insert(key).second) return false;
  std::string written;
  const auto status =
      database_.db().Get(rocksdb::ReadOptions(), database_.ids(), slice(key), &written);
  if (status.ok() && remembered(written, now_)) return false;
  if (!status.ok() && !status.IsNotFound()) PHLOX_TRY(check(status, "look up a profile's id"));
  PHLOX_TRY(check(batch_.Put(database_.ids(), slice(key), slice(encode_written(now_))),
                  "remember a profile's id"));
  return true;
}

}  // namespace phlox::storage
