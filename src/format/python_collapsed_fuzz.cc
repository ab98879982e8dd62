// Any text: either an error that names a line, or stacks with the samples that the lines have.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/python_collapsed.h"
#include "format/text_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  std::string_view text(reinterpret_cast<const char*>(data),
                        size);  // NOLINT(*-reinterpret-cast)
  const auto profile = format::decode_python_collapsed(text, {"cpu", "nanoseconds"});
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("collapsed stacks, line "));
    return 0;
  }
  std::size_t lines = 0;
  while (!text.empty()) {
    if (!format::is_blank(format::take_line(text))) ++lines;
  }
  PHLOX_CHECK(profile->sample_count() == lines);
  return 0;
}
