#include "format/node_tree.h"

#include <vector>

#include "base/utf8.h"
#include "base/varint.h"
#include "format/frame_text.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using profile::Profile;
using profile::StackId;

// What the two kinds make of a path of names, the root's first.
class TreeStacks {
 public:
  explicit TreeStacks(profile::Symbols& symbols) : symbols_(symbols) {}

  Result<> push(std::string_view name) {
    if (path_.empty()) {
      path_.push_back(StackId::kEmpty);
      return {};
    }
    if (name.empty()) return Error::invalid("an empty frame");
    if (path_.size() > profile::kMaxStackFrames)
      return Error::limit("deeper than {} frames", profile::kMaxStackFrames);
    path_.push_back(symbols_.intern_child(path_.back(), intern_frame_text(symbols_, name)));
    return {};
  }
  void pop() { path_.pop_back(); }
  Result<StackId> stack() const { return path_.back(); }

 private:
  profile::Symbols& symbols_;
  std::vector<StackId> path_;
};

class TrieStacks {
 public:
  explicit TrieStacks(profile::Symbols& symbols) : symbols_(symbols) {}

  Result<> push(std::string_view name) {
    if (ends_.size() > kMaxTriePath) return Error::limit("deeper than {} nodes", kMaxTriePath);
    ends_.push_back(text_.size());
    text_ += name;
    if (text_.size() > kMaxTrieStackBytes)
      return Error::limit("a stack of over {} bytes", kMaxTrieStackBytes);
    return {};
  }
  void pop() {
    text_.resize(ends_.back());
    ends_.pop_back();
  }
  Result<StackId> stack() {
    unpacked_bytes_ += text_.size();
    if (unpacked_bytes_ > kMaxTrieUnpackedBytes)
      return Error::limit("the stacks unpack to more than {} bytes", kMaxTrieUnpackedBytes);
    return intern_stack_text(symbols_, text_);
  }

 private:
  profile::Symbols& symbols_;
  std::string text_;
  std::vector<std::size_t> ends_;
  std::size_t unpacked_bytes_ = 0;
};

template <class Stacks>
class NodeTreeDecoder {
 public:
  NodeTreeDecoder(std::string_view bytes, const profile::ValueType& sample_type)
      : reader_(bytes), stacks_(profile_.symbols) {
    profile_.sample_types = {sample_type};
  }

  Result<Profile> decode() {
    std::vector<std::uint64_t> children_left;
    for (std::size_t number = 0; number == 0 || !children_left.empty(); ++number) {
      PHLOX_TRY(const std::uint64_t children,
                read_node(number == 0).context(fmt::format("node {}", number)));
      children_left.push_back(children);
      while (!children_left.empty() && children_left.back() == 0) {
        children_left.pop_back();
        stacks_.pop();
      }
      if (!children_left.empty()) --children_left.back();
    }
    if (!reader_.done())
      return Error::corrupt("{} bytes follow the last node", reader_.remaining());
    return std::move(profile_);
  }

 private:
  // The number of its children.
  Result<std::uint64_t> read_node(bool is_root) {
    const auto name = reader_.string();
    const auto value = reader_.varint();
    const auto children = reader_.varint();
    if (reader_.failed()) return Error::corrupt("cut off");
    if (is_root && (!name->empty() || *value > 0))
      return Error::corrupt("the root has a name or a value");
    if (!is_utf8(*name)) return Error::invalid("not UTF-8");
    PHLOX_TRY(stacks_.push(*name));
    if (*value > 0) PHLOX_TRY(add_sample(*value));
    return *children;
  }

  Result<> add_sample(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(profile::kMaxPushedValue))
      return Error::invalid("value {} is over 2^53", value);
    PHLOX_TRY(const StackId stack, stacks_.stack());
    const auto signed_value = static_cast<std::int64_t>(value);
    profile_.add_sample(stack, {&signed_value, 1});
    return {};
  }

  ByteReader reader_;
  Profile profile_;
  Stacks stacks_;
};

}  // namespace

Result<Profile> decode_tree(std::string_view bytes, const profile::ValueType& sample_type) {
  return NodeTreeDecoder<TreeStacks>(bytes, sample_type).decode().context("tree");
}

Result<Profile> decode_trie(std::string_view bytes, const profile::ValueType& sample_type) {
  return NodeTreeDecoder<TrieStacks>(bytes, sample_type).decode().context("trie");
}

}  // namespace phlox::format
