// Any bytes that our pprof decoder takes: libprotobuf takes them too, and reads the same.
#include "api/pprof_oracle.h"
#include "base/check.h"
#include "base/gzip.h"
#include "format/pprof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (is_gzip(bytes)) return 0;  // pprof_fuzz unpacks
  const auto profile = format::decode_pprof(bytes);
  if (!profile) return 0;
  const auto expected = api::testing::PprofOracle::read(bytes);
  PHLOX_CHECK(expected && api::testing::samples_of(*profile) == *expected);
  return 0;
}
