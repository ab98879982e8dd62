// Code that anybody may have mapped. What is said of it is bounded, agrees with one number of kept
// registers at most, and does not depend on what lies before a call. The input is also read as what
// a compiler may want at the beginning of a function; written as instructions, it has the size that
// was wanted.
#include "native/prologue.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <vector>

#include "base/check.h"

namespace {

using namespace phlox;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kMostKept = 5;  // rbx, r12 to r15

native::UnwindRow row_with(std::size_t kept) {
  constexpr std::array<std::size_t, kMostKept> kPlaces = {0, 2, 3, 4, 5};  // in kPreserved
  native::UnwindRow row;
  for (const std::size_t place : std::span(kPlaces).first(kept))
    row.saved[place].rule = native::UnwindRow::Rule::kAtCfaPlus;
  return row;
}

void check_any_code(Bytes code) {
  constexpr std::uint64_t kWord = 8;
  std::size_t agree = 0;
  for (std::size_t kept = 0; kept <= kMostKept; ++kept) {
    const auto size = native::bytes_below_frame_pointer(code, row_with(kept));
    if (!size) continue;
    ++agree;
    PHLOX_CHECK(*size >= kept * kWord && *size <= kWord * code.size() + INT32_MAX);
  }
  PHLOX_CHECK(agree <= 1);
}

void check_call(Bytes code) {
  const auto call = native::call_before(code);
  const auto alone = native::call_before(code.last(std::min(code.size(), native::kMaxCallBytes)));
  PHLOX_CHECK(call.kind == alone.kind && call.distance == alone.distance);
  if (call.kind != native::Call::kDirect) PHLOX_CHECK(call.distance == 0);
}

class Function {
 public:
  explicit Function(bool is_branched_to) {
    if (is_branched_to) write({0xf3, 0x0f, 0x1e, 0xfa});  // endbr64
    write({0x55, 0x48, 0x89, 0xe5});                      // push %rbp; mov %rsp,%rbp
  }
  void push(unsigned number) {
    if (number >= 8) write({0x41});
    write({static_cast<unsigned char>(0x50 + number % 8)});
    size_ += 8;
    kept_ += number == 3 || number >= 12 ? 1u : 0u;
  }
  template <class T>
  void allocate(unsigned char operation, T bytes) {
    write({0x48, operation, 0xec});  // sub $bytes,%rsp
    const auto at = code_.size();
    code_.resize(at + sizeof bytes);
    std::memcpy(code_.data() + at, &bytes, sizeof bytes);
    size_ += bytes;
    is_possible_ = bytes >= 0;
  }
  void allocate_128() {
    write({0x48, 0x83, 0xc4, 0x80});  // add $-128,%rsp
    size_ += 128;
  }
  void check() {
    write({0xc3});  // ret
    for (std::size_t kept = 0; kept <= kMostKept; ++kept) {
      const auto size = native::bytes_below_frame_pointer(code_, row_with(kept));
      const bool wanted = is_possible_ && kept == kept_;
      PHLOX_CHECK(size.has_value() == wanted);
      if (size) PHLOX_CHECK(*size == static_cast<std::uint64_t>(size_));
    }
  }

 private:
  void write(std::initializer_list<unsigned char> bytes) {
    for (const unsigned char byte : bytes) code_.push_back(std::byte{byte});
  }

  std::vector<std::byte> code_;
  std::int64_t size_ = 0;
  std::size_t kept_ = 0;
  bool is_possible_ = true;
};

// One byte of choices, four of a size, then a register a byte.
void check_function(std::span<const std::uint8_t> input) {
  std::int32_t bytes = 0;
  if (input.size() < 1 + sizeof bytes) return;
  std::memcpy(&bytes, input.data() + 1, sizeof bytes);
  Function function((input[0] & 1u) != 0);
  for (const std::uint8_t number : input.subspan(1 + sizeof bytes)) function.push(number % 16u);
  switch (input[0] >> 1 & 3u) {
    case 0:
      break;
    case 1:
      function.allocate(0x83, static_cast<std::int8_t>(bytes));
      break;
    case 2:
      function.allocate(0x81, bytes);
      break;
    default:
      function.allocate_128();
  }
  function.check();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span input(data, size);
  check_any_code(std::as_bytes(input));
  check_call(std::as_bytes(input));
  check_function(input);
  return 0;
}
