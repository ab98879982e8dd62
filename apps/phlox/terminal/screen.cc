#include "terminal/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace phlox::terminal {
namespace {

// ECMA-48 and the common extensions of xterm: alternate screen, cursor.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";
constexpr char kEscape = '\x1b';
constexpr std::size_t kUsualHeight = 24;
constexpr std::size_t kUsualWidth = 80;

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(STDOUT_FILENO, text.data(), text.size());
    if (size < 0) return;  // the terminal is gone; the signal of that ends us
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

winsize size_of_terminal() {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size;
}

// Up to so many code points.
std::string_view cut(std::string_view line, std::size_t width) {
  std::size_t points = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((line[i] & 0xc0) != 0x80 && ++points > width) return line.substr(0, i);
  }
  return line;
}

}  // namespace

std::optional<Screen> Screen::open() {
  termios before{};
  if (::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0) return std::nullopt;
  termios raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) return std::nullopt;
  put(kEnter);
  return Screen(before);
}

Screen::Screen(Screen&& other) noexcept
    : before_(other.before_), active_(std::exchange(other.active_, false)) {}

Screen::~Screen() {
  if (!active_) return;
  put(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

std::size_t Screen::height() const {
  const std::size_t rows = size_of_terminal().ws_row;
  return rows > 0 ? rows : kUsualHeight;
}

std::size_t Screen::width() const {
  const std::size_t columns = size_of_terminal().ws_col;
  return columns > 0 ? columns : kUsualWidth;
}

void Screen::draw(std::string_view text) {
  std::string out(kHome);
  const std::size_t lines = height();
  for (std::size_t i = 0; i < lines && !text.empty(); ++i) {
    const auto newline = text.find('\n');
    if (i > 0) out += "\r\n";
    out += cut(text.substr(0, newline), width());
    out += kClearLine;
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  out += kClearBelow;
  put(out);
}

std::string Screen::keys(Nanoseconds timeout) const {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  if (::poll(&input, 1, static_cast<int>(ms)) <= 0) return {};
  std::array<char, 64> bytes{};
  const ssize_t size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  std::string keys(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (const auto escape = keys.find(kEscape); escape != std::string::npos) keys.resize(escape + 1);
  return keys;
}

}  // namespace phlox::terminal
