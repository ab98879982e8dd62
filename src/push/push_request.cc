#include "push/push_request.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cstdint>
#include <protozero/pbf_builder.hpp>

#include "base/check.h"

namespace phlox::push {
namespace {

enum class PushRequestField : protozero::pbf_tag_type { kSeries = 1 };
enum class SeriesField : protozero::pbf_tag_type { kLabels = 1, kSamples = 2 };
enum class LabelField : protozero::pbf_tag_type { kName = 1, kValue = 2 };
enum class SampleField : protozero::pbf_tag_type { kRawProfile = 1, kId = 2 };

}  // namespace

std::string encode_push_request(const profile::Labels& labels, std::string_view gzipped_pprof,
                                std::string_view id) {
  std::string out;
  protozero::pbf_builder<PushRequestField> request(out);
  protozero::pbf_builder<SeriesField> series(request, PushRequestField::kSeries);
  for (const auto& [name, value] : labels) {
    protozero::pbf_builder<LabelField> label(series, SeriesField::kLabels);
    label.add_string(LabelField::kName, name);
    label.add_string(LabelField::kValue, value);
  }
  protozero::pbf_builder<SampleField> sample(series, SeriesField::kSamples);
  sample.add_bytes(SampleField::kRawProfile, gzipped_pprof.data(), gzipped_pprof.size());
  sample.add_string(SampleField::kId, id.data(), id.size());
  sample.commit();
  series.commit();
  return out;
}

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  // So few bytes come whole or not at all; they only fail before the kernel's pool is ready.
  PHLOX_CHECK(::getrandom(bytes.data(), bytes.size(), 0) == std::ssize(bytes));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant of RFC 4122
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    fmt::format_to(std::back_inserter(out), "{:02x}", bytes[i]);
  }
  return out;
}

}  // namespace phlox::push
