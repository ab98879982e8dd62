#include "profile/stack_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <random>

namespace phlox::profile {

const StackHashKeys& stack_hash_keys() {
  static const StackHashKeys kKeys = [] {
    std::random_device random;
    StackHashKeys keys{};
    for (std::uint64_t& key : keys) key = std::uint64_t{random()} << 32 | random();
    return keys;
  }();
  return kKeys;
}

StackHash StackHasher::text(std::string_view text) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), keys_[0]);
  return {hash.low64, hash.high64};
}

std::vector<StackHash> stack_hashes(const Symbols& symbols) {
  const StackHasher hasher;
  std::vector<StackHash> strings(symbols.string_count());
  for (std::size_t i = 0; i < strings.size(); ++i)
    strings[i] = hasher.text(symbols.string(id_at<StringId>(i)));
  std::vector<StackHash> functions(symbols.function_count());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const Function& function = symbols.function(id_at<FunctionId>(i));
    functions[i] =
        hasher.function(strings[index_of(function.name)], strings[index_of(function.file)],
                        strings[index_of(function.module)], function.first_line, function.kind);
  }
  std::vector<StackHash> frames(symbols.frame_count());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Frame& frame = symbols.frame(id_at<FrameId>(i));
    frames[i] = hasher.frame(functions[index_of(frame.function)], frame.line);
  }
  std::vector<StackHash> stacks(symbols.stack_count());
  for (std::size_t i = 1; i < stacks.size(); ++i) {  // after its parent, whose id is smaller
    const StackNode& node = symbols.stack(id_at<StackId>(i));
    stacks[i] = hasher.child(stacks[index_of(node.parent)], frames[index_of(node.frame)]);
  }
  return stacks;
}

}  // namespace phlox::profile
