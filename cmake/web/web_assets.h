// The files of the web page, as built into the program by cmake/embed_web.py.
#pragma once

#include <span>
#include <string_view>

namespace phlox::web {

struct Asset {
  std::string_view path;  // "/index.html"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzipped;  // "" where it would not be smaller
};

std::span<const Asset> assets();  // lives as long as the program

}  // namespace phlox::web
