// Any bytes: either an error that says which kind of tree it is of, or stacks that come back equal
// as folded text.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/folded.h"
#include "format/node_tree.h"

namespace {

void check(const phlox::Result<phlox::profile::Profile>& profile, std::string_view kind) {
  using namespace phlox;
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with(kind));
    return;
  }
  const auto written = format::encode_folded(*profile);
  if (!written) return;  // a sum that does not fit
  const auto again = format::decode_folded(*written, profile->sample_types[0]);
  if (again) PHLOX_CHECK(format::encode_folded(*again).value() == *written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const profile::ValueType type{"cpu", "nanoseconds"};
  const std::string_view bytes(reinterpret_cast<const char*>(data),
                               size);  // NOLINT(*-reinterpret-cast)
  check(format::decode_tree(bytes, type), "tree: ");
  check(format::decode_trie(bytes, type), "trie: ");
  return 0;
}
