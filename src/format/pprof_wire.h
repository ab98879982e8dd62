// What reading pprof's wire format needs beside protozero: checked fields, and tables looked up by
// ids that the sender chose.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <protozero/pbf_message.hpp>
#include <unordered_map>
#include <vector>

namespace phlox::format::pprof {

// Index of each id of a table. Writers number from 1, so ids are looked up in an array; a stray
// large one goes to the map.
class IdIndex {
 public:
  bool add(std::uint64_t id, std::uint32_t index) {
    if (id >= kDenseIds) return sparse_.try_emplace(id, index).second;
    if (id >= dense_.size()) dense_.resize(std::max<std::size_t>(id + 1, dense_.size() * 2), 0);
    if (dense_[id] != 0) return false;
    dense_[id] = index + 1;
    return true;
  }
  std::optional<std::uint32_t> find(std::uint64_t id) const {
    if (id < dense_.size()) return dense_[id] == 0 ? std::nullopt : std::optional(dense_[id] - 1);
    const auto found = sparse_.find(id);
    return found == sparse_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::uint64_t kDenseIds = 1u << 20;
  std::vector<std::uint32_t> dense_;  // index + 1
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_;
};

// protozero only asserts that a field is of the type that is read; from outside it may be of any.
inline void require(protozero::pbf_wire_type is, protozero::pbf_wire_type wanted) {
  if (is != wanted) throw protozero::unknown_pbf_wire_type_exception();
}
template <class Message>
std::uint64_t unsigned_of(Message& message) {
  require(message.wire_type(), protozero::pbf_wire_type::varint);
  return message.get_uint64();
}
template <class Message>
std::int64_t signed_of(Message& message) {
  require(message.wire_type(), protozero::pbf_wire_type::varint);
  return message.get_int64();
}
template <class Message>
protozero::data_view bytes_of(Message& message) {
  require(message.wire_type(), protozero::pbf_wire_type::length_delimited);
  return message.get_view();
}

}  // namespace phlox::format::pprof
