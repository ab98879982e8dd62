// The two binary trees of classic agents, POST /ingest?format=tree and format=trie. Both are nodes
// in preorder, beginning with a root whose name is empty:
//
//     varint length | name | varint self | varint number of children | the children ...
//
// In a tree each name is a frame. In a trie the names on a path are joined to a folded stack, so
// that "main;fo" may have the children "o" and "r;x": stacks main;foo and main;for;x.
#pragma once

#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

inline constexpr std::size_t kMaxTriePath = 64u << 10;  // nodes
inline constexpr std::size_t kMaxTrieStackBytes = 64u << 10;
// All stacks of a trie, each written out: a few bytes may stand for many.
inline constexpr std::size_t kMaxTrieUnpackedBytes = 256u << 20;

// The profile has the one sample type given. kCorrupt for bytes that end early or go on, kInvalid
// for a name that is not UTF-8, an empty frame or a value over 2^53, kLimit for a tree that is
// deeper than profile::kMaxStackFrames and for the bounds above. Messages say at which node,
// counted from 0.
Result<profile::Profile> decode_tree(std::string_view bytes, const profile::ValueType& sample_type);
Result<profile::Profile> decode_trie(std::string_view bytes, const profile::ValueType& sample_type);

}  // namespace phlox::format
