#include "native/address_space.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "process/memory_reader.h"

namespace phlox::native {
namespace {

constexpr Nanoseconds kRefreshInterval = std::chrono::seconds(1);
constexpr Nanoseconds kLeastInterval = std::chrono::milliseconds(50);  // for what was just loaded
constexpr std::string_view kVdso = "[vdso]";
constexpr std::size_t kMaxVdsoBytes = 64u << 10;

using process::Mapping;

UniqueFd open_mapped(pid_t pid, const Mapping& mapping) {
  const auto open_path = [](const std::string& path) {
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  };
  // By the mapping itself it is found also after it was replaced on disk.
  auto file = open_path(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, to_number(mapping.start),
                                    to_number(mapping.end)));
  return file ? std::move(file) : open_path(fmt::format("/proc/{}/root{}", pid, mapping.path));
}

std::shared_ptr<ElfImage> read_vdso(pid_t pid, const Mapping& mapping) {
  const std::uint64_t size = to_number(mapping.end) - to_number(mapping.start);
  if (size > kMaxVdsoBytes) return nullptr;
  std::string bytes(size, '\0');
  if (!process::ProcessMemory(pid).read(mapping.start, std::as_writable_bytes(std::span(bytes))))
    return nullptr;
  auto image = ElfImage::of(std::move(bytes), std::string(kVdso));
  return image ? std::move(*image) : nullptr;
}

bool is_same(const Mapping& a, const Mapping& b) {
  return a.start == b.start && a.end == b.end && a.file_offset == b.file_offset &&
         a.inode == b.inode && a.path == b.path;
}

}  // namespace

std::shared_ptr<ElfImage> ElfImages::open(pid_t pid, const Mapping& mapping) {
  if (mapping.path == kVdso) {
    if (!vdso_) vdso_ = read_vdso(pid, mapping);
    return vdso_;
  }
  if (!mapping.path.starts_with('/')) return nullptr;
  UniqueFd file = open_mapped(pid, mapping);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  const Key key{status.st_dev, status.st_ino, status.st_size,
                status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
  std::erase_if(images_, [](const auto& image) { return image.second.expired(); });
  std::weak_ptr<ElfImage>& known = images_[key];
  std::shared_ptr<ElfImage> image = known.lock();
  if (image) return image;
  auto opened =
      ElfImage::open(std::move(file), mapping.path.substr(mapping.path.rfind('/') + 1),
                     {.roots = {fmt::format("/proc/{}/root", pid), ""}, .path = mapping.path});
  if (!opened) return nullptr;
  image = std::move(*opened);
  known = image;
  return image;
}

void AddressSpace::refresh(SteadyTime now) {
  now_ = now;
  if (regions_.empty() || now >= read_at_ + kRefreshInterval) read(now);
}

void AddressSpace::read(SteadyTime now) {
  read_at_ = now;
  auto mappings = process::read_mappings(pid_);
  if (!mappings) return;  // it has ended: what was known holds for the samples that are left
  std::vector<Region> known = std::exchange(regions_, {});
  auto old = known.begin();
  for (Mapping& mapping : *mappings) {
    if (!mapping.executable) continue;
    while (old != known.end() && old->mapping.start < mapping.start) ++old;
    if (old != known.end() && is_same(old->mapping, mapping)) {
      regions_.push_back(std::move(*old));
    } else {
      regions_.push_back({.mapping = std::move(mapping), .opened = false, .image = nullptr});
    }
  }
}

AddressSpace::Region* AddressSpace::region_at(std::uint64_t address) {
  const auto starts_at = [](const Region& region) { return to_number(region.mapping.start); };
  const auto next = std::ranges::upper_bound(regions_, address, {}, starts_at);
  if (next == regions_.begin()) return nullptr;
  Region& region = *std::prev(next);
  return address < to_number(region.mapping.end) ? &region : nullptr;
}

std::optional<AddressSpace::Place> AddressSpace::find(std::uint64_t address) {
  Region* region = region_at(address);
  if (region == nullptr && now_ >= read_at_ + kLeastInterval) {
    read(now_);
    region = region_at(address);
  }
  if (region == nullptr) return std::nullopt;
  if (!std::exchange(region->opened, true)) region->image = images_->open(pid_, region->mapping);
  if (!region->image) return std::nullopt;
  const auto linked = region->image->address_of_offset(address - to_number(region->mapping.start) +
                                                       region->mapping.file_offset);
  if (!linked) return std::nullopt;
  return Place{.image = region->image.get(), .address = *linked};
}

}  // namespace phlox::native
