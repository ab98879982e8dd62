if(PHLOX_SANITIZE)
  add_compile_options(-fsanitize=${PHLOX_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PHLOX_SANITIZE})
endif()
if(PHLOX_SANITIZE STREQUAL "thread")
  # The thread sanitizer does not see fences, and GCC warns of each. Asio's queues are locked, so it does not need the fences
  # that it sets around a handler.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()
