#include "agent/live_view.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "agent/recording.h"

namespace phlox::agent {
namespace {

using profile::Profile;
using profile::StackId;

constexpr std::string_view kThreadPrefix = "[thread ";

// One frame of a stack, as each view calls it.
struct Names {
  std::string function;
  std::string file;
  std::string line;  // file:line
};

struct NamedStack {
  std::string thread;
  std::vector<Names> frames;  // leaf first, without the thread
};

NamedStack names_of(const Profile& profile, StackId stack) {
  NamedStack named;
  const profile::Symbols& symbols = profile.symbols;
  for (StackId at = stack; at != StackId::kEmpty; at = symbols.stack(at).parent) {
    const profile::Frame& frame = symbols.frame(symbols.stack(at).frame);
    const profile::Function& function = symbols.function(frame.function);
    const std::string_view name = symbols.string(function.name);
    if (name.starts_with(kThreadPrefix) && symbols.stack(at).parent == StackId::kEmpty) {
      named.thread = name.substr(kThreadPrefix.size(), name.size() - kThreadPrefix.size() - 1);
      break;
    }
    const std::string_view file = symbols.string(function.file);
    named.frames.push_back(
        {.function = std::string(name),
         .file = std::string(file),
         .line = file.empty() ? std::string() : fmt::format("{}:{}", file, frame.line)});
  }
  return named;
}

LiveRow& row_of(std::unordered_map<std::string, LiveRow>& rows, const std::string& name,
                const std::string& place) {
  LiveRow& row = rows[name + '\n' + place];
  row.name = name;
  row.place = place;
  return row;
}

double per_second(std::int64_t ns, const Profile& profile) {
  return static_cast<double>(ns) / std::max(1.0, static_cast<double>(profile.duration.count()));
}

}  // namespace

void LiveView::add(const sampler::Window& window) {
  for (const sampler::NamedProfile& named : window.profiles) {
    const WallTime end = named.profile.start + named.profile.duration;
    if (end > end_) {
      end_ = end;
      cores_ = 0;
      rows_ = {};
    }
    if (end < end_) continue;
    if (named.name == "process_cpu") add_cpu(named.profile);
    if (named.name == "gil") add_gil(named.profile);
  }
}

void LiveView::add_cpu(const Profile& profile) {
  const auto column = column_of(profile, {"cpu", "nanoseconds"});
  if (!column) return;
  for (std::size_t sample = 0; sample < profile.sample_count(); ++sample) {
    const double cores = per_second(profile.values_of(sample)[*column], profile);
    cores_ += cores;
    const NamedStack stack = names_of(profile, profile.stacks[sample]);
    if (!stack.thread.empty()) {
      LiveRow& row = row_of(rows_by(LiveBy::kThread), stack.thread, "");
      row.self += cores;
      row.total += cores;
    }
    std::set<const LiveRow*> seen;  // a function that calls itself counts once
    for (std::size_t i = 0; i < stack.frames.size(); ++i) {
      const Names& names = stack.frames[i];
      for (LiveRow* row : {&row_of(rows_by(LiveBy::kFunction), names.function, names.file),
                           &row_of(rows_by(LiveBy::kLine), names.function, names.line)}) {
        if (i == 0) row->self += cores;
        if (seen.insert(row).second) row->total += cores;
      }
    }
  }
}

void LiveView::add_gil(const Profile& profile) {
  const auto held = column_of(profile, {"gil", "nanoseconds"});
  const auto waited = column_of(profile, {"gil_wait", "nanoseconds"});
  if (!held || !waited) return;
  for (std::size_t sample = 0; sample < profile.sample_count(); ++sample) {
    const NamedStack stack = names_of(profile, profile.stacks[sample]);
    const auto add = [&](LiveRow& row) {
      row.holding += per_second(profile.values_of(sample)[*held], profile);
      row.waiting += per_second(profile.values_of(sample)[*waited], profile);
    };
    if (!stack.thread.empty()) add(row_of(rows_by(LiveBy::kThread), stack.thread, ""));
    if (stack.frames.empty()) continue;
    const Names& leaf = stack.frames.front();
    add(row_of(rows_by(LiveBy::kFunction), leaf.function, leaf.file));
    add(row_of(rows_by(LiveBy::kLine), leaf.function, leaf.line));
  }
}

std::vector<LiveRow> LiveView::rows(LiveBy by, LiveOrder order, std::string_view filter) const {
  std::vector<LiveRow> rows;
  for (const auto& [key, row] : rows_[static_cast<std::size_t>(by)]) {
    const bool shown = row.total > 0 || row.holding > 0 || row.waiting > 0;
    if (shown && (row.name.contains(filter) || row.place.contains(filter))) rows.push_back(row);
  }
  const auto first = order == LiveOrder::kSelf ? &LiveRow::self : &LiveRow::total;
  const auto then = order == LiveOrder::kSelf ? &LiveRow::total : &LiveRow::self;
  std::ranges::sort(rows, [&](const LiveRow& a, const LiveRow& b) {
    if (a.*first != b.*first) return a.*first > b.*first;
    if (a.*then != b.*then) return a.*then > b.*then;
    return std::tie(a.name, a.place) < std::tie(b.name, b.place);
  });
  return rows;
}

}  // namespace phlox::agent
