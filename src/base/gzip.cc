#include "base/gzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/check.h"

namespace phlox {
namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

constexpr std::size_t kLeastGuess = std::size_t{64} * 1024;
constexpr std::size_t kUsualRatio = 5;  // profiles are packed to a third or a fourth

// RFC 1952: a member ends with its unpacked size modulo 2^32. It may lie, and of several members it
// is the last one's, so it is a first guess only.
std::size_t size_hint(std::string_view compressed) {
  if (compressed.size() < 18) return 0;
  const auto* end = reinterpret_cast<const unsigned char*>(compressed.data() + compressed.size());
  return std::size_t{end[-4]} | std::size_t{end[-3]} << 8 | std::size_t{end[-2]} << 16 |
         std::size_t{end[-1]} << 24;
}

// deflate cannot shrink below 1:1032, so a hint beyond that is a lie not worth the memory. An
// attempt that turns out too small costs more than room that is left over.
std::size_t first_guess(std::string_view compressed) {
  const std::size_t hint = std::min(size_hint(compressed), compressed.size() * 1032);
  return std::max(hint >= compressed.size() ? hint : compressed.size() * kUsualRatio, kLeastGuess);
}

}  // namespace

bool is_gzip(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

Result<std::string> gunzip(std::string_view compressed, std::size_t max_size) {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  PHLOX_CHECK(decompressor != nullptr);
  if (compressed.empty()) return Error::corrupt("gzip: empty");

  std::string out;
  std::size_t filled = 0;
  while (!compressed.empty()) {
    std::size_t room = first_guess(compressed);
    while (true) {
      room = std::min(room, max_size - filled);
      std::size_t used = 0;
      std::size_t made = 0;
      libdeflate_result result = LIBDEFLATE_BAD_DATA;
      // The room is not cleared first.
      out.resize_and_overwrite(filled + room, [&](char* data, std::size_t /*size*/) {
        result =
            libdeflate_gzip_decompress_ex(decompressor.get(), compressed.data(), compressed.size(),
                                          data + filled, room, &used, &made);
        return filled + (result == LIBDEFLATE_SUCCESS ? made : 0);
      });
      if (result == LIBDEFLATE_SUCCESS) {
        filled += made;
        compressed.remove_prefix(used);
        break;
      }
      if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
        return Error::corrupt("gzip: damaged or cut off after {} unpacked bytes", filled);
      if (filled + room >= max_size)
        return Error::limit("gzip: unpacks to more than {} bytes", max_size);
      room *= 4;
    }
  }
  return out;
}

std::string gzip(std::string_view bytes, int level) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(level));
  PHLOX_CHECK(compressor != nullptr);
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  const std::size_t size = libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(),
                                                    out.data(), out.size());
  PHLOX_CHECK(size > 0);
  out.resize(size);
  return out;
}

}  // namespace phlox
