#include "native/symbol_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <lzma.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace phlox::native {
namespace {

constexpr std::string_view kDebugRoot = "/usr/lib/debug";
constexpr std::string_view kEmbeddedSection = ".gnu_debugdata";
constexpr std::size_t kMaxEmbeddedBytes = std::size_t{64} << 20;  // unpacked
constexpr std::uint64_t kMaxUnpackMemory = std::uint64_t{256} << 20;
constexpr std::int64_t kMaxCheckedBytes = std::int64_t{2} << 30;  // of a file with a check sum
constexpr std::size_t kLeastBuildIdBytes = 2;
constexpr std::size_t kMaxBuildIdBytes = 64;

using BuildId = std::span<const unsigned char>;

// Empty: it has none.
BuildId build_id_of(Elf* elf) {
  const void* bits = nullptr;
  const auto size = dwelf_elf_gnu_build_id(elf, &bits);
  if (size < static_cast<std::int64_t>(kLeastBuildIdBytes) ||
      size > static_cast<std::int64_t>(kMaxBuildIdBytes))
    return {};
  return {static_cast<const unsigned char*>(bits), static_cast<std::size_t>(size)};
}

std::string file_of(BuildId id) {
  std::string name;
  for (const unsigned char byte : id) {
    name += fmt::format("{:02x}", byte);
    if (name.size() == 2) name += '/';
  }
  return fmt::format("{}/.build-id/{}.debug", kDebugRoot, name);
}

std::optional<std::uint32_t> check_sum(int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0 || status.st_size > kMaxCheckedBytes) return std::nullopt;
  std::array<std::uint8_t, std::size_t{64} << 10> piece;
  std::uint32_t sum = 0;
  for (std::int64_t at = 0;;) {
    const auto size = ::pread(file, piece.data(), piece.size(), at);
    if (size < 0 || at > kMaxCheckedBytes) return std::nullopt;
    if (size == 0) return sum;
    sum = lzma_crc32(piece.data(), static_cast<std::size_t>(size), sum);
    at += size;
  }
}

// An ELF file of 64 bits with a .symtab.
bool has_symbols(Elf* elf) {
  return elf != nullptr && elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64 &&
         has_section_of_type(elf, SHT_SYMTAB);
}

SymbolFile open_symbol_file(const std::string& path) {
  SymbolFile found;
  found.file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!found.file || ::fstat(found.file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  // Read, not mapped: a file that shrinks would end us.
  found.elf.reset(elf_begin(found.file.get(), ELF_C_READ, nullptr));
  return has_symbols(found.elf.get()) ? std::move(found) : SymbolFile();
}

SymbolFile by_build_id(BuildId id, const DebugPlaces& places) {
  if (id.empty()) return {};
  for (const std::string& root : places.roots) {
    SymbolFile found = open_symbol_file(root + file_of(id));
    if (found.elf && std::ranges::equal(build_id_of(found.elf.get()), id)) return found;
  }
  return {};
}

SymbolFile by_link(Elf* stripped, BuildId id, const DebugPlaces& places) {
  GElf_Word sum = 0;
  const char* link = dwelf_elf_gnu_debuglink(stripped, &sum);
  if (link == nullptr || places.path.empty()) return {};
  const std::string_view name(link);
  if (name.empty() || name.contains('/')) return {};
  const std::string directory = places.path.substr(0, places.path.rfind('/'));
  for (const std::string& root : places.roots) {
    for (const std::string& path : {fmt::format("{}{}/{}", root, directory, name),
                                    fmt::format("{}{}/.debug/{}", root, directory, name),
                                    fmt::format("{}{}{}/{}", root, kDebugRoot, directory, name)}) {
      SymbolFile found = open_symbol_file(path);
      if (!found.elf) continue;
      const bool same_id = !id.empty() && std::ranges::equal(build_id_of(found.elf.get()), id);
      if (same_id || check_sum(found.file.get()) == sum) return found;
    }
  }
  return {};
}

std::span<const std::uint8_t> section_named(Elf* elf, std::string_view wanted) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return {};
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_PROGBITS) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || name != wanted) continue;
    const Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {static_cast<const std::uint8_t*>(data->d_buf), data->d_size};
  }
  return {};
}

// Empty: it is damaged, or larger than what is read.
std::vector<char> unpack(std::span<const std::uint8_t> packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMaxUnpackMemory, 0) != LZMA_OK) return {};
  std::vector<char> bytes;
  stream.next_in = packed.data();
  stream.avail_in = packed.size();
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && bytes.size() < kMaxEmbeddedBytes) {
    const std::size_t done = bytes.size();
    bytes.resize(std::min(std::max(2 * done, 4 * packed.size()), kMaxEmbeddedBytes));
    stream.next_out = reinterpret_cast<std::uint8_t*>(bytes.data()) + done;
    stream.avail_out = bytes.size() - done;
    state = lzma_code(&stream, LZMA_FINISH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  lzma_end(&stream);
  return state == LZMA_STREAM_END ? std::move(bytes) : std::vector<char>();
}

SymbolFile embedded(Elf* stripped) {
  const auto packed = section_named(stripped, kEmbeddedSection);
  if (packed.empty()) return {};
  SymbolFile found{.file = {}, .bytes = unpack(packed), .elf = nullptr, .is_whole = false};
  if (found.bytes.empty()) return {};
  found.elf.reset(elf_memory(found.bytes.data(), found.bytes.size()));
  return has_symbols(found.elf.get()) ? std::move(found) : SymbolFile();
}

}  // namespace

SymbolFile find_symbol_file(Elf* stripped, const DebugPlaces& places) {
  const BuildId id = build_id_of(stripped);
  if (SymbolFile found = by_build_id(id, places); found.elf) return found;
  if (SymbolFile found = by_link(stripped, id, places); found.elf) return found;
  return embedded(stripped);
}

}  // namespace phlox::native
