# phlox_library(storage DEPS profile base LIBS PkgConfig::re2)
#
# Makes the library phlox_storage from every .cc of the folder and the test program phlox_storage_test from every
# *_test.cc, and one fuzz target from each *_fuzz.cc. DEPS are folders of ours, LIBS other people's libraries; PRIVATE_LIBS are those that no header of the folder shows.
function(phlox_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;PRIVATE_LIBS;TEST_DEPS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(TRANSFORM ARG_DEPS PREPEND phlox_)
  list(TRANSFORM ARG_TEST_DEPS PREPEND phlox_)

  add_library(phlox_${name} STATIC ${sources})
  target_include_directories(phlox_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(phlox_${name} PUBLIC ${ARG_DEPS} ${ARG_LIBS} PRIVATE phlox_warnings ${ARG_PRIVATE_LIBS})

  if(PHLOX_TESTS AND tests)
    add_executable(phlox_${name}_test ${tests})
    target_link_libraries(phlox_${name}_test PRIVATE
      phlox_${name} phlox_warnings ${ARG_TEST_DEPS} ${ARG_PRIVATE_LIBS} rapidcheck GTest::gmock GTest::gtest_main)
    target_compile_definitions(phlox_${name}_test PRIVATE PHLOX_TESTDATA="${PROJECT_SOURCE_DIR}/tests/testdata")
    include(GoogleTest)
    gtest_discover_tests(phlox_${name}_test TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS ${name})
  endif()
  if(PHLOX_TESTS)
    foreach(source IN LISTS fuzzers)
      phlox_fuzzer(${name} ${source})
    endforeach()
  endif()
endfunction()

# With preset fuzz a libFuzzer program, run by `make fuzz`; else the same target under a driver that tries some thousand inputs, as a
# test. Seeds lie in tests/fuzz, in a folder called like the target.
function(phlox_fuzzer name source)
  get_filename_component(target ${source} NAME_WE)
  if(PHLOX_FUZZ)
    add_executable(${target} ${source})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${target} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/driver.cc)
    add_test(NAME "${name}: ${target}" COMMAND ${target} ${PROJECT_SOURCE_DIR}/tests/fuzz/${target} 20000)
    set_tests_properties("${name}: ${target}" PROPERTIES LABELS fuzz)  # not ${name}: `make test` builds no fuzzer for tsan
  endif()
  target_link_libraries(${target} PRIVATE phlox_${name} phlox_warnings)
endfunction()
