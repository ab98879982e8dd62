#include "storage/rocksdb/stack_hashes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <random>

#include "base/fold.h"

namespace phlox::storage {
namespace {

// Combines hashes, in this order, by multiplication as wyhash does. The keys are of this process
// alone, so that nobody can send stacks that meet.
class Combine {
 public:
  Combine() {
    std::random_device random;
    for (std::uint64_t& key : keys_) key = std::uint64_t{random()} << 32 | random();
  }
  StackHash operator()(const StackHash& a, const StackHash& b) const {
    return {fold(a.low ^ keys_[0], b.high ^ keys_[1]), fold(a.high ^ keys_[2], b.low ^ keys_[3])};
  }

 private:
  std::array<std::uint64_t, 4> keys_{};
};

const Combine& combine() {
  static const Combine kCombine;
  return kCombine;
}

// Both halves depend on it: each is a hash by itself, as it goes through combinations.
StackHash hash_of(std::uint64_t number) { return {number, ~number}; }

StackHash hash_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

StackHash hash_of(const std::vector<StackHash>& strings, const profile::Function& function,
                  const Combine& combined) {
  const StackHash where = combined(
      strings[profile::index_of(function.module)],
      hash_of(std::uint64_t{function.first_line} << 8 | static_cast<std::uint64_t>(function.kind)));
  return combined(combined(strings[profile::index_of(function.name)],
                           strings[profile::index_of(function.file)]),
                  where);
}

}  // namespace

StackHashes::StackHashes(const profile::Symbols& symbols) : nodes_(symbols.stack_count()) {
  const Combine& combined = combine();
  std::vector<StackHash> strings(symbols.string_count());
  for (std::size_t i = 0; i < strings.size(); ++i)
    strings[i] = hash_of(symbols.string(profile::id_at<profile::StringId>(i)));
  std::vector<StackHash> functions(symbols.function_count());
  for (std::size_t i = 0; i < functions.size(); ++i)
    functions[i] =
        hash_of(strings, symbols.function(profile::id_at<profile::FunctionId>(i)), combined);
  std::vector<StackHash> frames(symbols.frame_count());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const profile::Frame& frame = symbols.frame(profile::id_at<profile::FrameId>(i));
    frames[i] =
        combined(functions[profile::index_of(frame.function)], hash_of(std::uint64_t{frame.line}));
  }
  // A parent's id is smaller than its children's; the empty stack is all zero.
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    const profile::StackNode& node = symbols.stack(profile::id_at<profile::StackId>(i));
    nodes_[i] =
        combined(nodes_[profile::index_of(node.parent)], frames[profile::index_of(node.frame)]);
  }
}

}  // namespace phlox::storage
