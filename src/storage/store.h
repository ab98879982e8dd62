// Store: where profiles are kept and added up. One narrow interface; every implementation passes
// the contract test (store_contract.h) and answers exactly what adding up the written profiles one
// by one would answer.
//
// A gauge (ProfileType::is_gauge) is not added up over time: wherever a member below says value or
// sum, it is for each series the mean over its profiles, rounded to the nearest, and then the sum
// over the series. A gauge holds while its profile lasts: it counts, whole, in each bucket of 10 s
// that the profile covers. Means of stacks are rounded stack by stack, so their sum may differ from
// the mean of the total by as much.
//
// Any thread may call any member. A write is atomic: all of its profiles or none. What has been
// answered with success survives a kill of the process. A read sees all writes that were answered
// before it began, and no half of any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "profile/call_tree.h"
#include "profile/labels.h"
#include "profile/overview.h"
#include "profile/profile_type.h"
#include "profile/stack_runs.h"
#include "profile/stack_source.h"
#include "profile/sum.h"
#include "storage/levels.h"
#include "storage/selector.h"

namespace phlox::storage {

inline constexpr Nanoseconds kMaxProfileDuration = std::chrono::hours(24);
inline constexpr std::string_view kTenant = "anonymous";  // the only one so far

// What one series gets from one pushed profile.
struct SeriesProfile {
  profile::ProfileType type;
  profile::Labels labels;
  std::string id;  // one (series, start, id) counts once in 24 h; an empty id never matches
  WallTime start{};
  Nanoseconds duration{};  // 0 covers nothing; the values then belong to the bucket of `start`
  const profile::StackSource* source = nullptr;  // of the stacks; must outlive the call
  std::vector<profile::StackValue> values;       // may be empty: a live but idle process
};

struct WriteCounts {
  std::size_t stored = 0;
  std::size_t duplicates = 0;
  bool operator==(const WriteCounts&) const = default;
};

struct Totals {
  profile::Sum value;
  // A bucket of 10 s that several profiles of a series cover is covered for at most 10 s; of
  // several series the best covered one counts.
  std::uint64_t covered_ns = 0;
  // Those that begin here; a longer one is not counted again. Of a gauge, one for each bucket.
  std::uint64_t profiles = 0;
  bool operator==(const Totals&) const = default;
};

struct Merged {
  std::vector<profile::StackValue> values;  // each stack once, none of value 0
  Totals totals;                            // of the same moment as the values
};

// A selection added up over a table of stacks as it lies. What it refers to is gone after the
// visit.
struct MergedView {
  const profile::Symbols& symbols;
  const profile::StackRuns& runs;  // of the symbols; both may hold stacks that came later
  // Negative if it does not fit. May be written on; where stacks are listed, whoever does leaves 0.
  profile::SegmentSums sums;
  Totals totals;  // of the same moment as the values
};

struct SeriesPoints {
  std::string label;  // value of the label asked for
  std::vector<Totals> points;
};

struct SeriesKey {
  profile::ProfileType type;
  profile::Labels labels;
  auto operator<=>(const SeriesKey&) const = default;
};

// A small versioned JSON value: prices, annotations, views, links.
struct Document {
  std::string id;
  std::uint64_t version = 0;  // 1 for the first
  std::string json;
  bool operator==(const Document&) const = default;
};

struct StoreSize {
  std::size_t series = 0;
  std::size_t stacks = 0;
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t free_bytes = 0;         // of the disk
  std::uint64_t query_table_bytes = 0;  // memory kept from query to query
  std::array<std::uint64_t, kLevelCount>
      level_bytes{};  // about; what is only in the log not counted
  Horizons horizons{};
};

class Store {
 public:
  virtual ~Store() = default;

  // An error, with what to do, while the disk has no room for more profiles; ask before taking one
  // in. Cheap.
  virtual Result<> check_room() = 0;

  // kInvalid or kLimit, with the reason, for a profile that cannot be taken; nothing is written
  // then.
  virtual Result<WriteCounts> write(std::span<const SeriesProfile> profiles) = 0;

  // Adds up the stacks of all series of a type that the selector picks, over all tiles. The stacks
  // are interned into `into`. kGone when a tile lies before the horizon of its level: plan again.
  Result<Merged> merge(const Selector& selector, std::string_view type, std::span<const Tile> tiles,
                       profile::Symbols& into);

  // The same for each point, given as the tiles that make it up: one after the other to `visit`,
  // all of the same moment. An error of `visit` ends it. kGone as above.
  using PointVisitor = std::function<Result<>(std::size_t point, Merged merged)>;
  virtual Result<> merge_points(const Selector& selector, std::string_view type,
                                std::span<const std::vector<Tile>> points, profile::Symbols& into,
                                const PointVisitor& visit) = 0;

  // The same sums as merge, without a copy of their stacks. One visit, during which nothing can be
  // written: it must be short, and not call the store. kGone as above.
  using ViewVisitor = std::function<Result<>(const MergedView& view)>;
  virtual Result<> merge_in_place(const Selector& selector, std::string_view type,
                                  std::span<const Tile> tiles, const ViewVisitor& visit);

  // For each point, given as the tiles that make it up, value, coverage and count: one row for each
  // value of the label `group_by`, in the values' order; one row in all when it is empty. Rows
  // without data are left out. kGone as above.
  virtual Result<std::vector<SeriesPoints>> timeline(const Selector& selector,
                                                     std::string_view type,
                                                     std::span<const std::vector<Tile>> points,
                                                     std::string_view group_by) = 0;

  // Series that have a profile within the tiles and that any of the selectors picks, sorted. kGone
  // as above.
  virtual Result<std::vector<SeriesKey>> series(std::span<const Selector> any_of,
                                                std::span<const Tile> tiles) = 0;

  // What these series have for the given labels, those of label_of() included: each combination
  // once, sorted; "" for what a series does not have. Costs far less than the series themselves.
  virtual Result<std::vector<std::vector<std::string>>> label_sets(
      std::span<const Selector> any_of, std::span<const Tile> tiles,
      std::span<const std::string> names) = 0;
  // Names of all labels of these series, sorted.
  virtual Result<std::vector<std::string>> label_names(std::span<const Selector> any_of,
                                                       std::span<const Tile> tiles) = 0;

  virtual Horizons horizons() const = 0;

  // Forgets buckets of this level and of the finer ones that end at `time` or before, after their
  // sums have been written to the levels above. The time is rounded down to a bucket of the next
  // coarser level. Space of whole files is freed at once.
  virtual Result<> delete_before(Level level, WallTime time) = 0;

  // Writes the sums of all buckets that have ended, then forgets what the retention no longer
  // keeps; a store also does so by itself. Answers are the same before and after, but for what is
  // forgotten.
  virtual Result<> close_buckets() = 0;

  // The newest version is written only if the one before it is `expected` (0: there is none);
  // kInvalid says which it is instead.
  virtual Result<Document> put_document(std::string_view kind, std::string_view id,
                                        std::string_view json, std::uint64_t expected) = 0;
  virtual Result<std::optional<Document>> document(std::string_view kind, std::string_view id) = 0;
  virtual Result<std::vector<Document>> documents(std::string_view kind) = 0;  // by id
  virtual Result<> delete_document(std::string_view kind, std::string_view id) = 0;

  virtual StoreSize size() const = 0;

  // Writes a copy of all data, as of one moment during the call, into a new directory `to`, on
  // which a store can be opened; writes and reads go on. Nothing is left there after an error.
  // kInvalid when there is something at `to` already.
  virtual Result<> backup(const std::string& to) = 0;
};

}  // namespace phlox::storage
