// PHLOX_CHECK(condition): a broken invariant ends the program at once, in every build, with the
// place. Never for input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define PHLOX_CHECK(condition)                                                                    \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      static_cast<void>(                                                                          \
          std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition)); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)
