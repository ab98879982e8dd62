// Rows of the catalog's tables, one value of the database holding any number of them:
//
//     string    length, bytes
//     function  name, file, module, first line, kind       ids of strings
//     frame     function, line
//     stack     parent, frame
//     series    tenant, type, label count, (name, value)   ids of strings
//
// All numbers are varints. A series that was dropped has one label, whose name is empty; of a
// string that is not needed any more the text is.
#include <algorithm>
#include <array>
#include <future>
#include <thread>

#include "base/beside.h"
#include "base/varint.h"
#include "storage/rocksdb/catalog.h"

namespace phlox::storage {
namespace {

using profile::FrameId;
using profile::FunctionId;
using profile::StackId;
using profile::StringId;

template <class Id>
void append_id(std::string& out, Id id) {
  append_varint(out, profile::index_of(id));
}

void append_string(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

// Rows from `first` to before `end`, as one value.
template <class AppendRow>
Result<> put_rows(Database& database, rocksdb::WriteBatch& batch, char table, std::size_t first,
                  std::size_t end, AppendRow append_row) {
  std::string rows;
  for (std::size_t i = first; i < end; ++i) append_row(rows, i);
  return check(batch.Put(database.facts(), slice(table_key(table, first)), slice(rows)),
               "write the dictionary");
}

Error damaged(std::string_view what) {
  return Error::corrupt("the dictionary of {} is damaged; restore the data directory from a backup",
                        what);
}

// The next number, which must be an index into a table of `size`.
template <class Id>
bool read_id(ByteReader& reader, std::size_t size, Id& id) {
  const auto value = reader.varint();
  if (!value || *value >= size) return false;
  id = profile::id_at<Id>(*value);
  return true;
}

bool read_number(ByteReader& reader, std::uint32_t& number) {
  const auto value = reader.varint();
  if (!value || *value > UINT32_MAX) return false;
  number = static_cast<std::uint32_t>(*value);
  return true;
}

}  // namespace

Result<> Catalog::append_new(Database& database, rocksdb::WriteBatch& batch) const {
  const std::shared_lock lock(mutex_);
  const Counts now = counts();
  const auto append = [&](char table, std::size_t first, std::size_t end,
                          auto append_row) -> Result<> {
    return first == end ? Result<>() : put_rows(database, batch, table, first, end, append_row);
  };
  PHLOX_TRY(append(kStringTable, written_.strings, now.strings, [&](std::string& rows, auto i) {
    append_string(rows, symbols_.string(profile::id_at<StringId>(i)));
  }));
  const std::uint32_t generation = database.numbering()->generation();
  const auto append_numbered = [&](char table, std::size_t first, std::size_t end, AppendRow row) {
    return append(table_of(table, generation), first, end,
                  [&](std::string& rows, auto i) { (this->*row)(rows, i); });
  };
  PHLOX_TRY(append_numbered(kFunctionTable, written_.functions, now.functions,
                            &Catalog::append_function));
  PHLOX_TRY(append_numbered(kFrameTable, written_.frames, now.frames, &Catalog::append_frame));
  PHLOX_TRY(append_numbered(kStackTable, written_.stacks, now.stacks, &Catalog::append_stack));
  return append(kSeriesTable, written_.series, now.series, [&](std::string& rows, auto i) {
    const auto id = static_cast<SeriesId>(i);
    append_series(rows, id, series_.labels(id));
  });
}

void Catalog::set_written(std::span<const Seen> seen) {
  const std::unique_lock lock(mutex_);
  written_ = counts();
  seen_s_.resize(series_.size());
  for (const auto& [series, bucket_s] : seen) seen_s_[series] = std::max(seen_s_[series], bucket_s);
}

void Catalog::append_series(std::string& rows, SeriesId id,
                            std::span<const LabelIds> labels) const {
  append_id(rows, series_.group(id).tenant);
  append_id(rows, series_.group(id).type);
  append_varint(rows, labels.size());
  for (const auto& [name, value] : labels) {
    append_id(rows, name);
    append_id(rows, value);
  }
}

void Catalog::append_function(std::string& rows, std::size_t row) const {
  const auto& function = symbols_.function(profile::id_at<FunctionId>(row));
  append_id(rows, function.name);
  append_id(rows, function.file);
  append_id(rows, function.module);
  append_varint(rows, function.first_line);
  append_varint(rows, static_cast<std::uint64_t>(function.kind));
}

void Catalog::append_frame(std::string& rows, std::size_t row) const {
  const auto& frame = symbols_.frame(profile::id_at<FrameId>(row));
  append_id(rows, frame.function);
  append_varint(rows, frame.line);
}

void Catalog::append_stack(std::string& rows, std::size_t row) const {
  const auto& node = symbols_.stack(profile::id_at<StackId>(row));
  append_id(rows, node.parent);
  append_id(rows, node.frame);
}

Result<> Catalog::load_table(Database& database, char table, Count count, LoadRows load_rows,
                             std::string_view what) {
  return database.scan(std::string(1, table), table_key(table, count(*this)),
                       [&](std::string_view key, std::string_view rows) -> Result<> {
                         if (key != table_key(table, count(*this))) return damaged(what);
                         return (this->*load_rows)(rows);
                       });
}

Result<> Catalog::load(Database& database) {
  PHLOX_TRY(const NumberingRow numbering, read_numbering(database));
  const std::unique_lock lock(mutex_);
  PHLOX_TRY(load_table(
      database, kStringTable, [](const Catalog& c) { return c.symbols_.string_count(); },
      &Catalog::load_strings, "strings"));
  if (numbering.is_settled) {
    database.set_numbering(Numbering(numbering.generation));
  } else {
    PHLOX_TRY(load_numbered(database, numbering.generation - 1));
    PHLOX_TRY(const std::string bytes, database.get(kKeptStacksKey));
    PHLOX_TRY(StackSet kept, decode_stack_set(bytes, symbols_.stack_count()));
    symbols_.keep_only(kept);
    kept_ = counts();
    database.set_numbering(Numbering(numbering.generation, std::move(kept)));
  }
  PHLOX_TRY(load_numbered(database, numbering.generation));
  PHLOX_TRY(load_table(
      database, kSeriesTable, [](const Catalog& c) { return c.series_.size(); },
      &Catalog::load_series, "series"));
  written_ = counts();
  return {};
}

// From the rows on that there are.
Result<> Catalog::load_numbered(Database& database, std::uint32_t generation) {
  PHLOX_TRY(load_table(
      database, table_of(kFunctionTable, generation),
      [](const Catalog& c) { return c.symbols_.function_count(); }, &Catalog::load_functions,
      "functions"));
  PHLOX_TRY(load_table(
      database, table_of(kFrameTable, generation),
      [](const Catalog& c) { return c.symbols_.frame_count(); }, &Catalog::load_frames, "frames"));
  return load_stacks(database, table_of(kStackTable, generation));
}

// Stacks are most of a dictionary, and to read one takes no other: each thread reads a stretch of
// them to where it belongs, into memory that the kernel hands out to it meanwhile.
Result<> Catalog::load_stacks(Database& database, char table) {
  constexpr std::size_t kLeastBytes = 2;
  constexpr std::size_t kMostThreads = 8;
  const std::size_t first = symbols_.stack_count();
  PHLOX_TRY(const auto starts,
            database.row_stretches(
                table, first, kLeastBytes,
                std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads)));
  if (starts.empty()) return {};
  if (starts.back() > UINT32_MAX) return damaged("stacks");
  const auto stacks = symbols_.append_stacks(starts.back() - first);
  const std::size_t frame_count = symbols_.frame_count();
  // Returns where it ends.
  const auto load_stretch = [&](std::size_t stretch) -> Result<std::size_t> {
    std::size_t next = starts[stretch];
    const auto load_rows = [&](std::string_view key, std::string_view rows) -> Result<> {
      if (key != table_key(table, next)) return damaged("stacks");
      for (ByteReader reader(rows); !reader.done(); ++next) {
        std::uint64_t parent = 0;
        std::uint64_t frame = 0;
        if (next == starts.back() || !reader.varints(parent, frame) || parent >= next ||
            frame >= frame_count)
          return damaged("stacks");
        stacks[next - first] = {profile::id_at<StackId>(parent), profile::id_at<FrameId>(frame)};
      }
      return {};
    };
    PHLOX_TRY(database.scan_rows(table, next, starts[stretch + 1], load_rows));
    return next;
  };
  const std::size_t last = starts.size() - 2;
  std::vector<std::future<Result<std::size_t>>> beside;
  beside.reserve(last);
  for (std::size_t i = 0; i < last; ++i)
    beside.push_back(run_beside([&load_stretch, i] { return load_stretch(i); }));
  PHLOX_TRY(const std::size_t end, load_stretch(last));
  for (std::size_t i = 0; i < last; ++i) {
    PHLOX_TRY(const std::size_t end_before, beside[i].get());
    if (end_before != starts[i + 1]) return damaged("stacks");
  }
  symbols_.keep_first_stacks(end);
  return {};
}

Result<> Catalog::write_kept(Database& database, const WriteBatch& write) const {
  const std::uint32_t generation = database.numbering()->generation();
  const auto write_table = [&](char table, std::size_t first, std::size_t end,
                               AppendRow row) -> Result<> {
    for (std::size_t i = first; i < end; i += kRowsAtOnce) {
      rocksdb::WriteBatch batch;
      {
        const std::shared_lock lock(mutex_);
        PHLOX_TRY(put_rows(database, batch, table_of(table, generation), i,
                           std::min(end, i + kRowsAtOnce),
                           [&](std::string& rows, std::size_t at) { (this->*row)(rows, at); }));
      }
      PHLOX_TRY(write(batch));
    }
    return {};
  };
  PHLOX_TRY(write_table(kFunctionTable, 0, kept_.functions, &Catalog::append_function));
  PHLOX_TRY(write_table(kFrameTable, 0, kept_.frames, &Catalog::append_frame));
  return write_table(kStackTable, 1, kept_.stacks, &Catalog::append_stack);
}

Result<> Catalog::append_kept(Database& database, const Kept& kept,
                              rocksdb::WriteBatch& batch) const {
  const std::shared_lock lock(mutex_);
  const auto write_table = [&](char table, std::size_t first, std::size_t end,
                               auto append_row) -> Result<> {
    const std::string begin(1, table);
    const std::string behind(1, static_cast<char>(table + 1));
    PHLOX_TRY(check(batch.DeleteRange(database.facts(), slice(begin), slice(behind)),
                    "write the dictionary"));
    for (std::size_t i = first; i < end; i += kRowsAtOnce)
      PHLOX_TRY(put_rows(database, batch, table, i, std::min(end, i + kRowsAtOnce), append_row));
    return {};
  };
  const Counts all = counts();
  if (kept.drops_series) {
    PHLOX_TRY(write_table(kSeriesTable, 0, all.series, [&](std::string& rows, std::size_t i) {
      const auto id = static_cast<SeriesId>(i);
      constexpr std::array<LabelIds, 1> kDropped{};
      append_series(rows, id, kept.series[i] ? series_.labels(id) : kDropped);
    }));
  }
  if (!kept.drops_strings) return {};
  return write_table(kStringTable, 1, all.strings, [&](std::string& rows, std::size_t i) {
    const auto id = profile::id_at<StringId>(i);
    append_string(rows, kept.strings.has(id) ? symbols_.string(id) : std::string_view());
  });
}

Result<> Catalog::load_strings(std::string_view rows) {
  ByteReader reader(rows);
  while (!reader.done()) {
    const auto text = reader.string();
    if (!text) return damaged("strings");
    symbols_.append_string(*text);
  }
  return reader.failed() ? Result<>(damaged("strings")) : Result<>();
}

Result<> Catalog::load_functions(std::string_view rows) {
  ByteReader reader(rows);
  while (!reader.done()) {
    profile::Function function;
    std::uint32_t kind = 0;
    const std::size_t strings = symbols_.string_count();
    if (!read_id(reader, strings, function.name) || !read_id(reader, strings, function.file) ||
        !read_id(reader, strings, function.module) || !read_number(reader, function.first_line) ||
        !read_number(reader, kind) ||
        kind > static_cast<std::uint32_t>(profile::FunctionKind::kSynthetic))
      return damaged("functions");
    function.kind = static_cast<profile::FunctionKind>(kind);
    symbols_.append_function(function);
  }
  return reader.failed() ? Result<>(damaged("functions")) : Result<>();
}

Result<> Catalog::load_frames(std::string_view rows) {
  ByteReader reader(rows);
  while (!reader.done()) {
    profile::Frame frame;
    if (!read_id(reader, symbols_.function_count(), frame.function) ||
        !read_number(reader, frame.line))
      return damaged("frames");
    symbols_.append_frame(frame);
  }
  return reader.failed() ? Result<>(damaged("frames")) : Result<>();
}

Result<> Catalog::load_series(std::string_view rows) {
  ByteReader reader(rows);
  std::vector<LabelIds> labels;
  while (!reader.done()) {
    StringId tenant{};
    StringId type{};
    std::uint32_t label_count = 0;
    const std::size_t strings = symbols_.string_count();
    if (!read_id(reader, strings, tenant) || !read_id(reader, strings, type) ||
        !read_number(reader, label_count))
      return damaged("series");
    labels.clear();
    for (std::uint32_t i = 0; i < label_count; ++i) {
      LabelIds label;
      if (!read_id(reader, strings, label.name) || !read_id(reader, strings, label.value))
        return damaged("series");
      labels.push_back(label);
    }
    PHLOX_TRY(series_.append(tenant, type, labels));
  }
  return reader.failed() ? Result<>(damaged("series")) : Result<>();
}

}  // namespace phlox::storage
