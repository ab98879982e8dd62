// Any bytes at all: either a clear refusal, or a profile that survives being written and read
// again.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/gzip.h"
#include "format/folded.h"
#include "format/pprof.h"
#include "format/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const format::PprofLimits limits{.max_unpacked_bytes = 1U << 20, .max_samples = 10'000};
  const auto profile = format::decode_pprof({reinterpret_cast<const char*>(data), size},
                                            limits);  // NOLINT(*-reinterpret-cast)
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("pprof"));
    return 0;
  }
  std::string plain(reinterpret_cast<const char*>(data), size);
  if (is_gzip(plain)) plain = gunzip(plain, limits.max_unpacked_bytes).value();
  auto hashed = format::decode_hashed_pprof(std::move(plain), limits);
  PHLOX_CHECK(hashed.has_value() && hashed->values == profile->values);
  const auto again = format::decode_pprof(format::encode_pprof(*profile));
  PHLOX_CHECK(again.has_value());
  PHLOX_CHECK(again->sample_count() == profile->sample_count());
  PHLOX_CHECK(again->values == profile->values);
  const auto text = format::encode_folded(*profile);
  const auto text_again = format::encode_folded(*again);
  PHLOX_CHECK(text.has_value() == text_again.has_value());
  if (text) PHLOX_CHECK(*text == *text_again);
  if (text) PHLOX_CHECK(*text == format::encode_folded(format::interned(*hashed)).value());
  return 0;
}
