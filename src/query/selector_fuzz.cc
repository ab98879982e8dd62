// Any text as a selector and as a time: an error, or a selector that can be asked of labels.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "query/selector_parser.h"
#include "query/time_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const std::string_view text(reinterpret_cast<const char*>(data),
                              size);  // NOLINT(*-reinterpret-cast)
  const profile::ProfileType type = *profile::ProfileType::parse(profile::kProcessCpu);
  if (const auto parsed = query::parse_selector(text)) {
    static_cast<void>(parsed->selector.matches(type, {}));
  } else {
    PHLOX_CHECK(!parsed.error().message().empty());
  }
  if (const auto time = query::parse_time(text, WallTime())) static_cast<void>(to_unix_ms(*time));
  // What labels print is a selector of exactly these labels.
  if (const auto labels = profile::Labels::from_pairs({{"name", std::string(text)}})) {
    const auto own = query::parse_selector(labels->to_string());
    PHLOX_CHECK(own.has_value());
    PHLOX_CHECK(own->selector.matches(type, *labels));
  }
  return 0;
}
