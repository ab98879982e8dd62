# Warnings are errors on our own targets; libraries come in as SYSTEM.
add_library(phlox_warnings INTERFACE)
target_compile_options(phlox_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wno-missing-field-initializers  # with designated initializers, what is left out has its default
  -Wsuggest-override -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough
  -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees uninitialised or dangling memory in std::variant, std::expected and Asio's coroutine frames where there is
  # none, the more so with sanitizers; clang-tidy's flow analysis covers the same ground.
  target_compile_options(phlox_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Clang also counts what C++20 allows and GCC does not warn of, and what std::stable_sort of GCC's library uses within.
  target_compile_options(phlox_warnings INTERFACE
    -Wno-c99-designator -Wno-missing-designated-field-initializers -Wno-deprecated-declarations)
endif()
