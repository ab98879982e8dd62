#include "storage/rocksdb/pair_blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "base/check.h"

namespace phlox::storage {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kMaxDeltaBits = 32;
constexpr std::size_t kMaxQuotientBits =
    56;  // such a number lies within 8 bytes, wherever it begins
constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kMaxPackedBytes = PairBatch::kMost * kMaxQuotientBits / 8;
constexpr std::size_t kMaxLength = 128;  // in bits
constexpr std::size_t kMaxWordBits = 63;

constexpr unsigned kPlaceBits = 6;

std::size_t packed_bytes(std::size_t bits, std::size_t count) { return (bits * count + 7) / 8; }

std::size_t length_of(Wide value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  return static_cast<std::size_t>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(low));
}

std::uint64_t load_word(const unsigned char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

bool fits_word(Wide value) { return value >> kMaxWordBits == 0; }

Wide gcd_of(Wide a, Wide b) {
  while (b != 0) {
    if (fits_word(a) && fits_word(b))
      return Wide{std::gcd(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b))};
    a = std::exchange(b, a % b);
  }
  return a;
}

// Numbers that are divided by the same one again and again, which mostly fit 64 bits.
struct Division {
  Wide quotient;
  Wide rest;
};
Division divide(Wide value, Wide unit) {
  if (fits_word(value) && fits_word(unit)) {
    const auto low = static_cast<std::uint64_t>(value);
    const auto by = static_cast<std::uint64_t>(unit);
    return {Wide{low / by}, Wide{low % by}};
  }
  return {value / unit, value % unit};
}

// The number that all values are multiples of; or the least value, if so few are not multiples of
// it that their rests take less room than it saves.
Wide unit_of(std::span<const StackPair> pairs) {
  if (pairs.empty()) return 1;
  Wide divisor = 0;
  Wide least = pairs.front().value;
  for (const StackPair& pair : pairs) {
    least = std::min(least, pair.value);
    if (divisor != 1) divisor = gcd_of(pair.value, divisor);
  }
  if (divisor == least) return divisor;
  constexpr std::size_t kRestBits = 40;
  const std::size_t saved = (length_of(least) - length_of(divisor)) * pairs.size();
  std::size_t rests = 0;
  for (const StackPair& pair : pairs) {
    rests += divide(pair.value, least).rest != 0 ? 1u : 0u;
    if (rests * kRestBits > saved) return divisor;
  }
  return least;
}

// At which width so many numbers, of which `lengths` counts those of each length in bits, take the
// least room together with the patches of those that are longer.
std::size_t best_bits(const std::array<std::uint8_t, kMaxLength>& lengths, std::size_t count,
                      std::size_t most) {
  std::size_t longest = kMaxLength - 1;
  while (longest > 0 && lengths[longest] == 0) --longest;
  std::size_t best = 0;
  std::size_t best_size = SIZE_MAX;
  for (std::size_t bits = std::min(longest, most) + 1; bits-- > 0;) {
    std::size_t size = 8 * packed_bytes(bits, count);
    std::size_t patches = 0;
    for (std::size_t length = bits + 1; length <= longest; ++length) {
      patches += lengths[length];
      size += lengths[length] * (8 + 8 * ((length - bits + 6) / 7));
    }
    if (size < best_size) {
      best = bits;
      best_size = size;
    }
    if (patches > count / 2) break;
  }
  return best;
}

void append_packed(std::string& out, std::span<const Wide> numbers, std::size_t bits) {
  std::array<unsigned char, kMaxPackedBytes + kWordBytes> packed{};
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    unsigned char* const at = packed.data() + i * bits / 8;
    const std::uint64_t number = static_cast<std::uint64_t>(numbers[i]) & mask;
    const std::uint64_t word = load_word(at) | number << (i * bits % 8);
    std::memcpy(at, &word, sizeof word);
  }
  out.append(reinterpret_cast<const char*>(packed.data()), packed_bytes(bits, numbers.size()));
}

// Of one block, and how they are patched at a width.
class Column {
 public:
  void add(Wide number) {
    numbers_[size_++] = number;
    ++lengths_[length_of(number)];
  }
  // Decides on the width.
  std::size_t choose_bits(std::size_t most) {
    bits_ = best_bits(lengths_, size_, most);
    return bits_;
  }
  std::size_t patches() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(numbers(), [this](Wide number) { return number >> bits_ != 0; }));
  }
  void append(std::string& out) const { append_packed(out, numbers(), bits_); }
  void append_patches(std::string& out, PatchOf of) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (numbers_[i] >> bits_ == 0) continue;
      out.push_back(static_cast<char>(static_cast<unsigned>(of) << kPlaceBits | i));
      append_wide_varint(out, numbers_[i] >> bits_);
    }
  }

 private:
  std::span<const Wide> numbers() const { return std::span(numbers_).first(size_); }

  std::array<Wide, PairBatch::kMost> numbers_;
  std::array<std::uint8_t, kMaxLength> lengths_{};
  std::size_t size_ = 0;
  std::size_t bits_ = 0;
};

}  // namespace

void append_pair_blocks(std::string& out, std::span<const StackPair> pairs) {
  const Wide unit = unit_of(pairs);
  append_wide_varint(out, unit);
  append_wide_varint(out, Wide{pairs.size()});
  std::uint64_t next_stack = 0;
  while (!pairs.empty()) {
    const auto block = pairs.first(std::min(pairs.size(), PairBatch::kMost));
    pairs = pairs.subspan(block.size());
    Column deltas;
    Column quotients;
    Column rests;
    for (const StackPair& pair : block) {
      PHLOX_CHECK(pair.stack >= next_stack && pair.value > 0);
      const auto [quotient, rest] = divide(pair.value, unit);
      deltas.add(pair.stack - next_stack);
      quotients.add(quotient - 1);
      rests.add(rest);
      next_stack = std::uint64_t{pair.stack} + 1;
    }
    out.push_back(static_cast<char>(deltas.choose_bits(kMaxDeltaBits)));
    out.push_back(static_cast<char>(quotients.choose_bits(kMaxQuotientBits)));
    out.push_back(static_cast<char>(deltas.patches() + quotients.patches() + rests.patches()));
    deltas.append(out);
    quotients.append(out);
    deltas.append_patches(out, PatchOf::kDelta);
    quotients.append_patches(out, PatchOf::kQuotient);
    rests.append_patches(out, PatchOf::kRest);
  }
}

struct PairBlockReader::Patches {
  struct Patch {
    PatchOf of;
    std::uint8_t place;
    Wide number;
  };
  std::span<const Patch> all() const { return std::span(patches).first(size); }

  std::array<Patch, 3 * PairBatch::kMost> patches;
  std::size_t size = 0;
};

PairBlockReader::PairBlockReader(const unsigned char* begin, const unsigned char* end)
    : at_(begin), end_(end) {
  failed_ = !read_wide_varint(at_, end_, unit_) || !read_wide_varint(at_, end_, left_) ||
            unit_ == 0 || (left_ == 0 && at_ != end_);
}

bool PairBlockReader::unpack(std::size_t bits, std::size_t count, Numbers& numbers) {
  const std::size_t size = packed_bytes(bits, count);
  const auto rest = static_cast<std::size_t>(end_ - at_);
  if (rest < size) return fail();
  const unsigned char* from = at_;
  at_ += size;
  std::array<unsigned char, kMaxPackedBytes + kWordBytes> padded;
  if (rest < size + kWordBytes) {
    std::memcpy(padded.data(), from, size);
    std::memset(padded.data() + size, 0, kWordBytes);
    from = padded.data();
  }
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::size_t bit = 0;
  for (std::size_t i = 0; i < count; ++i, bit += bits)
    numbers[i] = load_word(from + bit / 8) >> (bit % 8) & mask;
  return true;
}

bool PairBlockReader::read_patches(std::size_t block_size, std::size_t count, Patches& patches) {
  if (count > patches.patches.size()) return fail();
  int last_head = -1;
  for (; patches.size < count; ++patches.size) {
    if (at_ == end_ || *at_ <= last_head) return fail();  // each number is patched once
    const unsigned char head = *at_++;
    last_head = head;
    auto& patch = patches.patches[patches.size];
    patch.of = PatchOf{static_cast<std::uint8_t>(head >> kPlaceBits)};
    patch.place = head & ((1u << kPlaceBits) - 1);
    if (patch.of > PatchOf::kRest || patch.place >= block_size ||
        !read_wide_varint(at_, end_, patch.number))
      return fail();
  }
  return true;
}

bool PairBlockReader::set_stacks(PairBatch& batch, Numbers& deltas, std::size_t bits,
                                 const Patches& patches) {
  for (const auto& patch : patches.all()) {
    if (patch.of != PatchOf::kDelta) continue;
    if (patch.number > Wide{std::uint64_t{UINT32_MAX} >> bits}) return fail();
    deltas[patch.place] += static_cast<std::uint64_t>(patch.number) << bits;
  }
  std::uint64_t next = next_stack_;
  for (std::size_t i = 0; i < batch.size; ++i) {
    next += deltas[i];
    batch.stacks[i] = static_cast<std::uint32_t>(next);
    ++next;
  }
  // No delta is above 2^33; the last stack is the greatest.
  next_stack_ = next;
  return next <= std::uint64_t{UINT32_MAX} + 1 || fail();
}

// Values hold the quotients.
bool PairBlockReader::set_values(PairBatch& batch, std::size_t bits, const Patches& patches) {
  std::size_t longest = bits;
  for (const auto& patch : patches.all()) {
    if (patch.of == PatchOf::kQuotient) longest = std::max(longest, bits + length_of(patch.number));
  }
  if (longest + length_of(unit_) > kMaxWordBits) return set_giant_values(batch, bits, patches);
  for (const auto& patch : patches.all()) {
    if (patch.of == PatchOf::kQuotient)
      batch.values[patch.place] += static_cast<std::uint64_t>(patch.number) << bits;
  }
  const auto unit = static_cast<std::uint64_t>(unit_);
  for (std::size_t i = 0; i < batch.size; ++i) batch.values[i] = (batch.values[i] + 1) * unit;
  for (const auto& patch : patches.all()) {
    if (patch.of != PatchOf::kRest) continue;
    if (patch.number >= unit_) return fail();
    batch.values[patch.place] += static_cast<std::uint64_t>(patch.number);
  }
  return true;
}

bool PairBlockReader::set_giant_values(PairBatch& batch, std::size_t bits, const Patches& patches) {
  std::array<Wide, PairBatch::kMost> values;
  std::copy_n(batch.values.begin(), batch.size, values.begin());
  for (const auto& patch : patches.all()) {
    if (patch.of != PatchOf::kQuotient) continue;
    if (length_of(patch.number) + bits > kMaxWideBits) return fail();
    values[patch.place] += patch.number << bits;
  }
  for (std::size_t i = 0; i < batch.size; ++i) {
    if (__builtin_mul_overflow(values[i] + 1, unit_, &values[i]) ||
        length_of(values[i]) > kMaxWideBits)
      return fail();
  }
  for (const auto& patch : patches.all()) {
    if (patch.of != PatchOf::kRest) continue;
    if (patch.number >= unit_) return fail();
    values[patch.place] += patch.number;
  }
  for (std::size_t i = 0; i < batch.size; ++i) {
    if (length_of(values[i]) > kMaxWideBits) return fail();
    batch.set_value(i, values[i]);
  }
  return true;
}

bool PairBlockReader::next(PairBatch& batch) {
  constexpr std::ptrdiff_t kHeadBytes = 3;
  batch.size = 0;
  batch.has_highs = false;
  if (failed_ || left_ == 0) return false;
  if (end_ - at_ < kHeadBytes) return fail();
  const std::size_t delta_bits = *at_++;
  const std::size_t quotient_bits = *at_++;
  const std::size_t patch_count = *at_++;
  if (delta_bits > kMaxDeltaBits || quotient_bits > kMaxQuotientBits) return fail();
  const auto size = static_cast<std::size_t>(std::min(left_, Wide{PairBatch::kMost}));
  Numbers deltas;
  Patches patches;
  if (!unpack(delta_bits, size, deltas) || !unpack(quotient_bits, size, batch.values) ||
      !read_patches(size, patch_count, patches))
    return false;
  batch.size = size;
  left_ -= Wide{size};
  const bool is_whole = set_stacks(batch, deltas, delta_bits, patches) &&
                        set_values(batch, quotient_bits, patches) && (left_ != 0 || at_ == end_);
  if (!is_whole) batch.size = 0;
  return is_whole || fail();
}

}  // namespace phlox::storage
