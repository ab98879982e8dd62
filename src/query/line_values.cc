#include "query/line_values.h"

#include <map>

namespace phlox::query {
namespace {

using profile::StackId;

// Which frames are of the file.
std::vector<bool> frames_of(const profile::Symbols& symbols, std::string_view file) {
  std::vector<bool> functions(symbols.function_count());
  for (std::size_t i = 0; i < functions.size(); ++i)
    functions[i] =
        symbols.string(symbols.function(profile::id_at<profile::FunctionId>(i)).file) == file;
  std::vector<bool> frames(symbols.frame_count());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto function = symbols.frame(profile::id_at<profile::FrameId>(i)).function;
    frames[i] = functions[profile::index_of(function)];
  }
  return frames;
}

// Whether the line of this node stands on its stack already, nearer to the root.
bool is_repeated(const profile::Symbols& symbols, const std::vector<bool>& wanted, StackId node) {
  const std::uint32_t line = symbols.frame(symbols.stack(node).frame).line;
  for (StackId above = symbols.stack(node).parent; above != StackId::kEmpty;
       above = symbols.stack(above).parent) {
    const profile::FrameId frame = symbols.stack(above).frame;
    if (wanted[profile::index_of(frame)] && symbols.frame(frame).line == line) return true;
  }
  return false;
}

}  // namespace

std::vector<LineValue> line_values(const MergedProfile& merged, std::string_view file) {
  const profile::Symbols& symbols = merged.symbols;
  const std::vector<bool> wanted = frames_of(symbols, file);
  std::vector<profile::Sum> self(symbols.stack_count());
  for (const profile::StackValue& entry : merged.sides.front().values)
    self[profile::index_of(entry.stack)] += entry.value;
  std::vector<profile::Sum> total = self;
  // A parent's id is smaller than its children's.
  for (std::size_t i = total.size() - 1; i > 0; --i)
    total[profile::index_of(symbols.stack(profile::id_at<StackId>(i)).parent)] += total[i];

  std::map<std::uint32_t, LineValue> lines;
  for (std::size_t i = 1; i < total.size(); ++i) {
    const auto node = profile::id_at<StackId>(i);
    const profile::FrameId frame = symbols.stack(node).frame;
    if (!wanted[profile::index_of(frame)] || total[i] == profile::Sum()) continue;
    const std::uint32_t line = symbols.frame(frame).line;
    LineValue& value =
        lines.try_emplace(line, LineValue{.line = line, .self = {}, .total = {}}).first->second;
    value.self += self[i];
    if (!is_repeated(symbols, wanted, node)) value.total += total[i];
  }
  std::vector<LineValue> values;
  values.reserve(lines.size());
  for (const auto& [line, value] : lines) values.push_back(value);
  return values;
}

}  // namespace phlox::query
