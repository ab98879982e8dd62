# What distributions build with: cheap checks that turn memory errors into a clean end.
if(NOT PHLOX_SANITIZE)
  add_compile_options(-fstack-protector-strong -fPIE)
  add_link_options(-pie -Wl,-z,relro,-z,now)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS)
  endif()
endif()
# Frame pointers, so that phlox and perf can profile phlox.
add_compile_options(-fno-omit-frame-pointer)
