// AddressSpace: which code lies where in a process; ElfImages: the files of it, shared by all
// processes that have them mapped. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "native/elf_image.h"
#include "process/memory_map.h"

namespace phlox::native {

class ElfImages {
 public:
  // The file behind a mapping; nullptr if it cannot be read or has no code that is understood.
  std::shared_ptr<ElfImage> open(pid_t pid, const process::Mapping& mapping);

 private:
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;  // see open()
  std::map<Key, std::weak_ptr<ElfImage>> images_;
  std::shared_ptr<ElfImage> vdso_;  // the kernel's: the same in all processes
};

class AddressSpace {
 public:
  // `images` must outlive it.
  AddressSpace(pid_t pid, ElfImages& images) : pid_(pid), images_(&images) {}

  // To be called before find(). Reads the mappings again if that is due, which takes some 100 us:
  // once a second, so that what is unmapped and mapped anew is not taken for what was there.
  void refresh(SteadyTime now);

  struct Place {
    ElfImage* image = nullptr;
    std::uint64_t address = 0;  // as linked
  };
  // nullopt: no file's code lies there. Opens files when their code is first met: milliseconds.
  // Where nothing was mapped it looks anew, some times a second at the most.
  std::optional<Place> find(std::uint64_t address);

 private:
  struct Region {
    process::Mapping mapping;
    bool opened = false;
    std::shared_ptr<ElfImage> image;
  };

  void read(SteadyTime now);
  Region* region_at(std::uint64_t address);

  pid_t pid_;
  ElfImages* images_;
  std::vector<Region> regions_;  // executable, by address
  SteadyTime now_{};             // at the last refresh()
  SteadyTime read_at_{};
};

}  // namespace phlox::native
