// pprof's wire format: the fields of a message, and tables looked up by ids that the sender chose.
//
// A profile has some ten fields for each function and location, nearly all with a tag and a length
// or number of one byte or two. protozero's reader takes a hundred instructions for such a field,
// this one twenty; what is longer, and all that is an error, is protozero's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <protozero/data_view.hpp>
#include <protozero/exception.hpp>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace phlox::format::pprof {

// Index of each id of a table. Writers number from 1, so ids are looked up in an array; a stray
// large one goes to the map.
class IdIndex {
 public:
  [[gnu::always_inline]] bool add(std::uint64_t id, std::uint32_t index) {
    if (id >= dense_.size() && !grow_to(id)) [[unlikely]]
      return sparse_.try_emplace(id, index).second;
    std::uint32_t& known = dense_[id];
    if (known != 0) return false;
    known = index + 1;
    return true;
  }
  std::optional<std::uint32_t> find(std::uint64_t id) const {
    if (id < dense_.size()) {
      const std::uint32_t known = dense_[id];
      return known == 0 ? std::nullopt : std::optional(known - 1);
    }
    const auto found = sparse_.find(id);
    return found == sparse_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::uint64_t kDenseIds = 1u << 20;
  static constexpr std::uint64_t kFirstIds = 1u << 10;

  bool grow_to(std::uint64_t id) {
    if (id >= kDenseIds) return false;
    dense_.resize(std::max({id + 1, std::uint64_t{2 * dense_.size()}, kFirstIds}), 0);
    return true;
  }
  std::vector<std::uint32_t> dense_;  // index + 1
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_;
};

// The varint at `at`, which moves behind it. Inlined, so that `at` stays in a register.
[[gnu::always_inline]] inline std::uint64_t read_varint(const char*& at, const char* end) {
  if (end - at >= 2) [[likely]] {
    const auto low = static_cast<unsigned char>(at[0]);
    const auto high = static_cast<unsigned char>(at[1]);
    if (low < 0x80) {
      ++at;
      return low;
    }
    if (high < 0x80) {
      at += 2;
      return (low & 0x7fu) | std::uint64_t{high} << 7;
    }
  }
  const char* behind = at;
  const std::uint64_t value = protozero::decode_varint(&behind, end);
  at = behind;
  return value;
}

// The fields of a message one after the other: next(), then one of the others. Each throws
// protozero's exceptions, for a field of another type than is asked for too.
template <class Tag>
class Fields {
 public:
  explicit Fields(protozero::data_view message) : at_(message.data()), end_(at_ + message.size()) {}

  [[gnu::always_inline]] bool next() {
    if (at_ == end_) return false;
    const std::uint64_t key = read_varint(at_, end_);
    const std::uint64_t tag = key >> 3;
    if (tag - 1 >= kFirstReserved - 1) [[unlikely]]
      check_tag(tag);
    tag_ = static_cast<std::uint32_t>(tag);
    type_ = static_cast<protozero::pbf_wire_type>(key & 7);
    return true;
  }
  Tag tag() const { return Tag{tag_}; }
  bool is_packed() const { return type_ == protozero::pbf_wire_type::length_delimited; }

  [[gnu::always_inline]] std::uint64_t number() {
    require(protozero::pbf_wire_type::varint);
    return read_varint(at_, end_);
  }
  std::int64_t signed_number() { return static_cast<std::int64_t>(number()); }
  [[gnu::always_inline]] protozero::data_view bytes() {
    require(protozero::pbf_wire_type::length_delimited);
    const std::uint64_t size = read_varint(at_, end_);
    const char* const begin = at_;
    pass(size);
    return {begin, static_cast<std::size_t>(size)};
  }
  void skip() {
    switch (type_) {
      case protozero::pbf_wire_type::varint:
        read_varint(at_, end_);
        break;
      case protozero::pbf_wire_type::length_delimited:
        bytes();
        break;
      case protozero::pbf_wire_type::fixed64:
        pass(8);
        break;
      case protozero::pbf_wire_type::fixed32:
        pass(4);
        break;
      default:
        throw protozero::unknown_pbf_wire_type_exception();
    }
  }
  // What has not been read yet begins here.
  const char* at() const { return at_; }

 private:
  // https://protobuf.dev/programming-guides/proto3/#assigning
  static constexpr std::uint64_t kFirstReserved = 19000;
  static constexpr std::uint64_t kLastReserved = 19999;
  static constexpr std::uint64_t kLastTag = (1u << 29) - 1;

  static void check_tag(std::uint64_t tag) {
    if (tag == 0 || tag > kLastTag || (tag >= kFirstReserved && tag <= kLastReserved))
      throw protozero::invalid_tag_exception();
  }
  void require(protozero::pbf_wire_type wanted) const {
    if (type_ != wanted) throw protozero::unknown_pbf_wire_type_exception();
  }
  void pass(std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(end_ - at_)) throw protozero::end_of_buffer_exception();
    at_ += size;
  }

  const char* at_;
  const char* end_;
  std::uint32_t tag_ = 0;
  protozero::pbf_wire_type type_ = protozero::pbf_wire_type::unknown;
};

// A message and zero bytes behind it, so that a field that is cut off is read to an end inside of
// the memory and found to be too long afterwards.
class PaddedMessage {
 public:
  // Cheap for a string with room for it.
  explicit PaddedMessage(std::string bytes) : size_(bytes.size()), bytes_(std::move(bytes)) {
    bytes_.append(kPadding, '\0');
  }
  std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  // A zero byte ends what can be read but for one number of at most ten bytes.
  static constexpr std::size_t kPadding = 16;

  std::size_t size_;
  std::string bytes_;
};

// The varint at `at`, inside of a PaddedMessage. May end behind the field that it is in.
[[gnu::always_inline]] inline std::uint64_t read_padded_varint(const char*& at) {
  const auto low = static_cast<unsigned char>(at[0]);
  const auto high = static_cast<unsigned char>(at[1]);
  if (low < 0x80) {
    ++at;
    return low;
  }
  if (high < 0x80) [[likely]] {
    at += 2;
    return (low & 0x7fu) | std::uint64_t{high} << 7;
  }
  return protozero::decode_varint(&at, at + protozero::max_varint_length);
}

template <class Tag>
constexpr char key_byte(Tag tag, protozero::pbf_wire_type type) {
  return static_cast<char>(static_cast<unsigned>(tag) << 3 | static_cast<unsigned>(type));
}

// The same for messages whose fields are numbers in ascending order, each at most once, with tags
// of one byte: nearly all that are written. No field is looked at twice to see what it is, and
// none for whether it ends in time: done() says so of all. Inside of a PaddedMessage.
class OrderedNumbers {
 public:
  explicit OrderedNumbers(protozero::data_view message)
      : at_(message.data()), end_(at_ + message.size()) {}

  // The field's number if it comes next, else what it is when it is missing.
  template <class Tag>
  [[gnu::always_inline]] std::uint64_t take(Tag tag) {
    if (*at_ != key_byte(tag, protozero::pbf_wire_type::varint)) return 0;
    ++at_;
    return read_padded_varint(at_);
  }
  // The field's bytes if it comes next, and is whole.
  template <class Tag>
  [[gnu::always_inline]] std::optional<protozero::data_view> take_bytes(Tag tag) {
    if (*at_ != key_byte(tag, protozero::pbf_wire_type::length_delimited)) return std::nullopt;
    const char* at = at_ + 1;
    const std::uint64_t size = read_padded_varint(at);
    if (at > end_ || size > static_cast<std::uint64_t>(end_ - at)) return std::nullopt;
    at_ = at + size;
    return protozero::data_view(at, static_cast<std::size_t>(size));
  }
  // Whether that was all, and whole. If not, it is a message for Fields.
  bool done() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace phlox::format::pprof
