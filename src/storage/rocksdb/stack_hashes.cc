#include "storage/rocksdb/stack_hashes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

namespace phlox::storage {
namespace {

template <std::size_t N>
StackHash hash_of(const std::array<std::uint64_t, N>& words) {
  const XXH128_hash_t hash = XXH3_128bits(words.data(), sizeof words);
  return {hash.low64, hash.high64};
}

StackHash hash_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

StackHash hash_of(const std::vector<StackHash>& strings, const profile::Function& function) {
  const StackHash& name = strings[profile::index_of(function.name)];
  const StackHash& file = strings[profile::index_of(function.file)];
  const StackHash& module = strings[profile::index_of(function.module)];
  return hash_of<8>({name.low, name.high, file.low, file.high, module.low, module.high,
                     function.first_line, static_cast<std::uint64_t>(function.kind)});
}

}  // namespace

StackHashes::StackHashes(const profile::Symbols& symbols) : nodes_(symbols.stack_count()) {
  std::vector<StackHash> strings(symbols.string_count());
  for (std::size_t i = 0; i < strings.size(); ++i)
    strings[i] = hash_of(symbols.string(profile::id_at<profile::StringId>(i)));
  std::vector<StackHash> functions(symbols.function_count());
  for (std::size_t i = 0; i < functions.size(); ++i)
    functions[i] = hash_of(strings, symbols.function(profile::id_at<profile::FunctionId>(i)));
  std::vector<StackHash> frames(symbols.frame_count());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const profile::Frame& frame = symbols.frame(profile::id_at<profile::FrameId>(i));
    const StackHash& function = functions[profile::index_of(frame.function)];
    frames[i] = hash_of<3>({function.low, function.high, frame.line});
  }
  // A parent's id is smaller than its children's; the empty stack is all zero.
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    const profile::StackNode& node = symbols.stack(profile::id_at<profile::StackId>(i));
    const StackHash& parent = nodes_[profile::index_of(node.parent)];
    const StackHash& frame = frames[profile::index_of(node.frame)];
    nodes_[i] = hash_of<4>({parent.low, parent.high, frame.low, frame.high});
  }
}

}  // namespace phlox::storage
