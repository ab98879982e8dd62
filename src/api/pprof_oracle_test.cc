// Our pprof decoder and libprotobuf's reading of the same bytes. Messages are written field by
// field, in any order, packed or not, with fields that we do not know and fields given twice.
#include "api/pprof_oracle.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <algorithm>

#include "base/varint.h"
#include "format/pprof.h"
#include "format/testing.h"

namespace phlox::api::testing {
namespace {

// A message as its fields, each encoded.
class Wire {
 public:
  Wire& number(std::uint32_t tag, std::uint64_t value) {
    std::string& field = fields_.emplace_back();
    append_varint(field, tag << 3);
    append_varint(field, value);
    return *this;
  }
  Wire& bytes(std::uint32_t tag, std::string_view value) {
    std::string& field = fields_.emplace_back();
    append_varint(field, tag << 3 | 2);
    append_varint(field, value.size());
    field += value;
    return *this;
  }
  Wire& numbers(std::uint32_t tag, const std::vector<std::uint64_t>& values, bool is_packed) {
    std::string packed;
    for (const std::uint64_t value : values) {
      if (is_packed) {
        append_varint(packed, value);
      } else {
        number(tag, value);
      }
    }
    return is_packed ? bytes(tag, packed) : *this;
  }
  // Writers may put in what we have no use for.
  Wire& unknown(std::uint32_t tag) {
    std::string& field = fields_.emplace_back();
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        fields_.pop_back();
        return number(tag, 300);
      case 1:
        fields_.pop_back();
        return bytes(tag, "what");
      case 2:
        append_varint(field, tag << 3 | 1);
        field += std::string(8, 'x');
        return *this;
      default:
        append_varint(field, tag << 3 | 5);
        field += std::string(4, 'x');
        return *this;
    }
  }
  // The order of fields with the same tag matters, so only some are shuffled: those of messages
  // that have each field once.
  std::string shuffled() {
    const auto order = *rc::gen::container<std::vector<std::uint32_t>>(
        fields_.size(), rc::gen::arbitrary<std::uint32_t>());
    std::vector<std::size_t> places(fields_.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::ranges::stable_sort(places, {}, [&](std::size_t i) { return order[i]; });
    std::string out;
    for (const std::size_t place : places) out += fields_[place];
    return out;
  }
  std::string in_order() const {
    std::string out;
    for (const std::string& field : fields_) out += field;
    return out;
  }

 private:
  std::vector<std::string> fields_;
};

bool one_in(int n) { return *rc::gen::inRange(0, n) == 0; }

// An index or id below or up to `end`, now and then one that leads nowhere.
std::uint64_t reference(std::uint64_t first, std::uint64_t end) {
  if (end <= first || one_in(400)) return *rc::gen::inRange<std::uint64_t>(0, end + 3);
  return *rc::gen::inRange(first, end);
}

std::string maybe_shuffled(Wire& wire) {
  if (one_in(20)) wire.unknown(*rc::gen::inRange(20u, 30u));
  return one_in(4) ? wire.shuffled() : wire.in_order();
}

std::string any_pprof() {
  const std::vector<std::string> texts = {
      "", "main", "foo", "a.py", "b.py", "cpu", "nanoseconds", "thread", "ü", "[kernel.kallsyms]"};
  const auto strings = *rc::gen::inRange<std::uint64_t>(8, 11);
  const auto mappings = *rc::gen::inRange<std::uint64_t>(0, 3);
  const auto functions = *rc::gen::inRange<std::uint64_t>(1, 6);
  const auto locations = *rc::gen::inRange<std::uint64_t>(1, 300);
  const int types = *rc::gen::inRange(1, 3);
  const bool is_packed = !one_in(3);
  std::vector<std::string> parts;

  Wire header;
  for (int i = 0; i < types; ++i)
    header.bytes(1, Wire().number(1, reference(5, 7)).number(2, reference(0, strings)).in_order());
  header.number(9, *rc::gen::arbitrary<std::uint32_t>());
  header.number(10, 10'000'000'000);
  header.bytes(11, Wire().number(1, 5).in_order());
  if (one_in(4)) header.bytes(11, Wire().number(2, 6).in_order());  // merged into the one before
  header.number(12, 10'000'000);
  parts.push_back(header.in_order());

  Wire tables;
  for (std::uint64_t i = 0; i < mappings; ++i) {
    Wire mapping;
    mapping.number(1, i + 1).number(5, reference(0, strings));
    tables.bytes(3, maybe_shuffled(mapping));
  }
  for (std::uint64_t i = 0; i < functions; ++i) {
    Wire function;
    function.number(1, reference(i + 1, i + 2)).number(2, reference(0, strings));
    if (one_in(3)) function.number(3, reference(0, strings));
    if (!one_in(5)) function.number(4, reference(0, strings));
    if (one_in(2)) function.number(5, *rc::gen::inRange<std::uint64_t>(0, 400));
    if (one_in(20)) function.number(2, reference(0, strings));  // the last one counts
    tables.bytes(5, maybe_shuffled(function));
  }
  for (std::uint64_t i = 0; i < locations; ++i) {
    Wire location;
    location.number(1, i + 1);
    if (mappings > 0 && one_in(2)) location.number(2, reference(1, mappings + 1));
    if (one_in(3)) location.number(3, *rc::gen::arbitrary<std::uint32_t>());
    for (int lines = one_in(8) ? *rc::gen::inRange(0, 3) : 1; lines > 0; --lines) {
      Wire line;
      line.number(1, reference(1, functions + 1));
      if (!one_in(6)) line.number(2, *rc::gen::inRange<std::uint64_t>(0, 1u << 20));
      location.bytes(4, maybe_shuffled(line));
    }
    // Lines are in order, so this message is shuffled only where it has one.
    if (one_in(20)) location.unknown(5);
    tables.bytes(4, location.in_order());
  }
  parts.push_back(tables.in_order());

  Wire samples;
  for (int i = *rc::gen::inRange(0, 8); i > 0; --i) {
    std::vector<std::uint64_t> ids;
    for (int depth = *rc::gen::inRange(0, one_in(20) ? 600 : 20); depth > 0; --depth)
      ids.push_back(reference(1, locations + 1));
    std::vector<std::uint64_t> values;
    for (int v = one_in(50) ? 0 : types; v > 0; --v)
      values.push_back(*rc::gen::inRange<std::uint64_t>(0, 1u << 30) << (one_in(50) ? 40 : 0));
    Wire sample;
    sample.numbers(1, ids, is_packed).numbers(2, values, is_packed);
    if (one_in(3)) {
      Wire label;
      label.number(1, 7).number(2, reference(0, strings));
      sample.bytes(3, maybe_shuffled(label));
    }
    samples.bytes(2, is_packed ? maybe_shuffled(sample) : sample.in_order());
  }
  parts.push_back(samples.in_order());

  Wire text;
  for (std::uint64_t i = 0; i < strings; ++i) text.bytes(6, i < texts.size() ? texts[i] : "more");
  parts.push_back(text.in_order());

  Wire all;
  std::string bytes;
  for (const int part : *rc::gen::element<std::array<int, 4>>(
           std::array{0, 1, 2, 3}, std::array{3, 2, 1, 0}, std::array{2, 0, 3, 1}))
    bytes += parts[static_cast<std::size_t>(part)];
  if (one_in(30)) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
  return bytes;
}

TEST(PprofOracle, WeReadWhatLibprotobufReads) {
  int valid = 0;
  int all = 0;
  EXPECT_TRUE(rc::check("the same samples", [&] {
    const std::string bytes = any_pprof();
    const auto expected = PprofOracle::read(bytes);
    const auto profile = format::decode_pprof(bytes);
    const auto hashed = format::decode_hashed_pprof(bytes);
    RC_ASSERT(profile.has_value() == expected.has_value());
    RC_ASSERT(hashed.has_value() == expected.has_value());
    ++all;
    if (!expected) return;
    ++valid;
    RC_ASSERT(samples_of(*profile) == *expected);
    RC_ASSERT(samples_of(format::interned(*hashed)) == *expected);
  }));
  EXPECT_GT(valid, all / 5) << "most are refused, so little is compared";
  EXPECT_LT(valid, all) << "none is refused";
}

}  // namespace
}  // namespace phlox::api::testing
