// Result<T>: a value or an Error. The only error channel of phlox outside constructors of broken
// invariants (base/check.h) and outside hot loops, which count reasons in enums instead.
//
//   Result<Layout> layout_for(Version v);
//   PHLOX_TRY(auto layout, layout_for(version));      // returns the error to our caller
//   PHLOX_TRY(write_all(fd, bytes));                  // the same for Result<>
//   return Error::not_found("no process with pid {}", pid);
//   return read(..).context("read thread state");     // "read thread state: copy 0x7f.. (120
//   bytes): ..."
//
// Wraps std::expected because GCC 12 lacks its monadic members and because a dropped Result must be
// a build error.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace phlox {

class [[nodiscard]] Error {
 public:
  // What the caller can do about it; the message is for the reader.
  enum class Kind {
    kNotFound,    // what was named does not exist
    kCorrupt,     // bytes do not mean what they should
    kPermission,  // the system forbids it
    kGone,        // it was there and has ended: a process, a peer
    kLimit,       // a named bound was passed
    kIo,          // the system failed us
    kInvalid,     // the request makes no sense
  };

  Error(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  Kind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  Error with_context(std::string_view doing) && {
    message_ = fmt::format("{}: {}", doing, message_);
    return std::move(*this);
  }

#define PHLOX_ERROR_FACTORY(name, kind)                                    \
  template <class... Args>                                                 \
  static Error name(fmt::format_string<Args...> format, Args&&... args) {  \
    return {Kind::kind, fmt::format(format, std::forward<Args>(args)...)}; \
  }
  PHLOX_ERROR_FACTORY(not_found, kNotFound)
  PHLOX_ERROR_FACTORY(corrupt, kCorrupt)
  PHLOX_ERROR_FACTORY(permission, kPermission)
  PHLOX_ERROR_FACTORY(gone, kGone)
  PHLOX_ERROR_FACTORY(limit, kLimit)
  PHLOX_ERROR_FACTORY(io, kIo)
  PHLOX_ERROR_FACTORY(invalid, kInvalid)
#undef PHLOX_ERROR_FACTORY

  // "open /x: no such file or directory", with the kind that errno stands for.
  static Error from_errno(int error_number, std::string_view doing);

 private:
  Kind kind_;
  std::string message_;
};

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  // Implicit on purpose: `return Error::io(..)` and `return value` both read well.
  Result(Error error) : std::expected<T, Error>(std::unexpect, std::move(error)) {}

  Result context(std::string_view doing) && {
    if (!this->has_value()) return std::move(this->error()).with_context(doing);
    return std::move(*this);
  }
};

}  // namespace phlox

// A declaration cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define PHLOX_CONCAT_INNER(a, b) a##b
#define PHLOX_CONCAT(a, b) PHLOX_CONCAT_INNER(a, b)
#define PHLOX_TRY_ONE(expression)                                                             \
  do {                                                                                        \
    if (auto phlox_tried = (expression); !phlox_tried) return std::move(phlox_tried).error(); \
  } while (false)
#define PHLOX_TRY_TWO_INNER(tried, declaration, expression) \
  auto tried = (expression);                                \
  if (!tried) return std::move(tried).error();              \
  declaration = std::move(tried).value()
#define PHLOX_TRY_TWO(declaration, expression) \
  PHLOX_TRY_TWO_INNER(PHLOX_CONCAT(phlox_tried_, __LINE__), declaration, expression)
#define PHLOX_TRY_PICK(one, two, name, ...) name
#define PHLOX_TRY(...) \
  PHLOX_TRY_PICK(__VA_ARGS__, PHLOX_TRY_TWO, PHLOX_TRY_ONE, unused)(__VA_ARGS__)
// NOLINTEND(bugprone-macro-parentheses)
