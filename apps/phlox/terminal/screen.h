// Screen: a terminal that is drawn over again and again and read key by key. Leaves it as it was.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace phlox::terminal {

class Screen {
 public:
  // nullopt if standard input or output is no terminal.
  static std::optional<Screen> open();
  ~Screen();
  Screen(Screen&& other) noexcept;
  Screen& operator=(Screen&&) = delete;

  std::size_t height() const;  // lines, at least 1
  std::size_t width() const;   // columns
  // Replaces what is shown; lines that do not fit are cut.
  void draw(std::string_view text);
  // The keys that were pressed, if any is in time; one that sends several bytes, such as an arrow,
  // gives its first, Escape.
  std::string keys(Nanoseconds timeout) const;

 private:
  explicit Screen(const termios& before) : before_(before) {}
  termios before_;
  bool active_ = true;
};

}  // namespace phlox::terminal
