// Catalog: what cells refer to by number, held in memory and written to the database in the batch
// of the cells that need it first: strings, functions, frames, stack nodes, series.
//
// Rows are appended under the id of the first new one, and loaded in order on open. What could not
// be written is written with the next batch. Tables only grow, but for what no cell needs any more:
// keep() drops stacks, frames and functions and numbers the others anew, and empties rows of series
// and strings.
//
// Writers come one at a time (the store sees to it); readers any time, under a shared lock that
// lasts for one call.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "profile/profile_type.h"
#include "profile/stack_runs.h"
#include "profile/sum.h"
#include "profile/symbols.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/series_table.h"
#include "storage/store.h"

namespace phlox::storage {

// A profile whose parts have numbers: stacks ascending, each once.
struct NumberedProfile {
  SeriesId series = 0;
  GroupKey group;
  std::vector<profile::StackValue> values;
};

struct StackSum {
  std::uint32_t stack = 0;
  profile::Sum sum;
};

class Catalog {
 public:
  explicit Catalog(std::size_t max_series) : max_series_(max_series) {}
  Result<> load(Database& database);

  // Writers.
  Result<std::vector<NumberedProfile>> number(std::span<const SeriesProfile> profiles);
  Result<> append_new(Database& database, rocksdb::WriteBatch& batch) const;
  // What append_new appended has reached the database, and a profile of each of these series in a
  // bucket of 10 s.
  struct Seen {
    SeriesId series = 0;
    std::uint32_t bucket_s = 0;
  };
  void set_written(std::span<const Seen> seen);

  // Dropping what is not used, which is for one thread at a time. From watch() on, until unwatch(),
  // it is remembered what is written.
  struct Used {
    StackSet stacks;
    std::vector<bool> series;  // by number
  };
  Used watch();  // nothing is used yet
  void unwatch();
  struct Kept {
    StackSet named;   // by a cell
    StackSet stacks;  // and their callers, numbered
    std::vector<bool> series;
    profile::IdSubset<profile::StringId> strings;  // of what else is kept
    // Which of them some are dropped of; too few are not worth it.
    bool drops_stacks = false;
    bool drops_series = false;
    bool drops_strings = false;
  };
  // Where cells have named `used` and writers what was written since watch().
  Kept find_kept(Used used) const;
  // Rows of series and strings as they will be; those that are dropped are empty. Behind
  // append_new(): writes all of a table.
  Result<> append_kept(Database& database, const Kept& kept, rocksdb::WriteBatch& batch) const;
  // What both have appended has reached the database, and nobody reads or writes.
  void keep(const Kept& kept);
  // Afterwards: has what was kept written to the tables of the new generation, whose rows came
  // behind, in several batches.
  using WriteBatch = std::function<Result<>(rocksdb::WriteBatch&)>;
  Result<> write_kept(Database& database, const WriteBatch& write) const;

  // After load(): prepares some milliseconds' worth of what the first write would prepare at once.
  // False when nothing is left. Any thread.
  bool index_some();

  // Readers. An empty type means any; rows are told apart by `group_by`, by nothing if it is empty.
  SeriesSelection select(std::span<const Selector> any_of, std::string_view type,
                         std::string_view group_by) const;
  SeriesSelection select_whole(const GroupKey& key) const;  // as SeriesTable
  SeriesKey series_key(SeriesId id) const;
  GroupKey group_of(SeriesId id) const;
  // Which series of the selection are known to have a profile in the tiles, by SeriesId, and the
  // groups of those of which it is not known.
  struct SeenSeries {
    std::vector<bool> is_found;
    std::vector<GroupKey> open_groups;  // ascending
  };
  SeenSeries find_seen(const SeriesSelection& selection, std::span<const Tile> tiles) const;
  std::vector<std::vector<std::string>> label_sets(std::span<const SeriesId> series,
                                                   std::span<const std::string> names) const;
  std::vector<std::string> label_names(std::span<const SeriesId> series) const;
  bool is_gauge(SeriesId id) const;
  std::size_t series_count() const;
  bool has_series(SeriesId id) const;
  std::size_t stack_count() const;
  // Copies stacks into other symbols, as often as wanted, and says where they are there.
  class Export {
   public:
    Export(const Catalog& catalog, profile::Symbols& into)
        : catalog_(catalog), into_(into), import_(catalog.symbols_, into) {}
    // kLimit when a sum does not fit 64 bits, kCorrupt for a stack that is not there.
    Result<std::vector<profile::StackValue>> values(std::span<const StackSum> sums);

   private:
    const Catalog& catalog_;
    profile::Symbols& into_;
    profile::SymbolsImport import_;
  };
  // All stacks as they lie, while nobody can add any. At least the first `stack_count` are in the
  // runs.
  using Visitor = std::function<Result<>(const profile::Symbols&, const profile::StackRuns&)>;
  Result<> visit_stacks(std::size_t stack_count, const Visitor& visit);
  // Of the first `stack_count`. After the start, stacks that end in the middle of another are known
  // only once somebody has said so by mark_ends().
  std::shared_ptr<const profile::StackSegments> segments(std::size_t stack_count);
  void mark_ends(std::span<const std::uint32_t> stacks);

 private:
  // Some milliseconds' work: writers and readers wait no longer than for these.
  static constexpr std::size_t kRowsAtOnce = 50'000;

  struct Counts {
    std::size_t strings = 1;  // "" and the empty stack are always there
    std::size_t functions = 0;
    std::size_t frames = 0;
    std::size_t stacks = 1;
    std::size_t series = 0;
  };

  Counts counts() const;
  Result<> load_numbered(Database& database, std::uint32_t generation);
  Result<SeriesId> intern_series(const SeriesProfile& profile);
  Error too_many_series();
  void extend_runs(std::size_t stack_count);
  using Count = std::size_t (*)(const Catalog&);
  using LoadRows = Result<> (Catalog::*)(std::string_view rows);
  Result<> load_table(Database& database, char table, Count count, LoadRows load_rows,
                      std::string_view what);
  Result<> load_strings(std::string_view rows);
  using AppendRow = void (Catalog::*)(std::string& rows, std::size_t row) const;
  void append_function(std::string& rows, std::size_t row) const;
  void append_frame(std::string& rows, std::size_t row) const;
  void append_stack(std::string& rows, std::size_t row) const;
  void append_series(std::string& rows, SeriesId id, std::span<const LabelIds> labels) const;
  void add_strings(Kept& kept) const;
  void keep_stacks(const Kept& kept);
  Result<> load_functions(std::string_view rows);
  Result<> load_frames(std::string_view rows);
  Result<> load_stacks(Database& database, char table);
  Result<> load_series(std::string_view rows);

  const std::size_t max_series_;
  mutable std::shared_mutex mutex_;  // guards all below
  profile::Symbols symbols_;
  profile::StackRuns
      runs_;  // of the symbols; after the start, and after a large write, some behind
  struct Segments {
    std::shared_ptr<const profile::StackSegments> last;  // that somebody asked for
    std::uint64_t version = 0;                           // of the runs then
  };
  std::mutex segments_mutex_;  // guards the next; taken after mutex_
  Segments segments_;
  // Of stacks that were written since the start; others are found node by node.
  boost::unordered_flat_map<profile::StackHash, profile::StackId, profile::HashOfStackHash>
      known_stacks_;
  SeriesTable series_{symbols_};
  std::vector<std::uint32_t> seen_s_;  // by series, the last bucket written since the start; or 0
  Counts written_;
  Counts kept_;  // by the last keep()
  std::optional<Used> watched_;
  std::string too_many_series_;  // what to say about it; looked up once, as it costs a pass
};

}  // namespace phlox::storage
