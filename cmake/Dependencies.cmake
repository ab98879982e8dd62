# Everything phlox takes from the distribution, each with its reason. Debian packages: tools/packages.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)                # text formatting: GCC 12 has no <format>
find_package(CLI11 REQUIRED)              # command-line options and their help
find_package(Boost 1.81 REQUIRED)         # Beast and Asio: HTTP server and client; headers only
find_package(nlohmann_json REQUIRED)      # JSON of our own API
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)  # gzip, twice as fast as zlib on pprof
pkg_check_modules(libbpf REQUIRED IMPORTED_TARGET libbpf)          # loads the program of engine ebpf into the kernel
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf)          # ELF symbols of a target's interpreter
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)            # how native code is unwound, out of its ELF files
pkg_check_modules(liblzma REQUIRED IMPORTED_TARGET liblzma)        # unpacks symbols in .gnu_debugdata; libdw itself needs it
pkg_check_modules(libxxhash REQUIRED IMPORTED_TARGET libxxhash)    # hashing of stacks and strings
find_path(PROTOZERO_INCLUDE protozero/pbf_reader.hpp REQUIRED)     # protobuf wire format without generated classes
add_library(protozero INTERFACE)
target_include_directories(protozero SYSTEM INTERFACE ${PROTOZERO_INCLUDE})
if(PHLOX_SERVER)
  find_package(Protobuf REQUIRED)                          # messages of the Connect API
  pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)      # label matchers, safe for patterns from outside
  pkg_check_modules(grpcpp REQUIRED IMPORTED_TARGET grpc++_unsecure)  # OTLP's other transport; TLS is a proxy's
  find_library(ROCKSDB_LIBRARY rocksdb REQUIRED)           # the embedded store's engine
endif()
if(PHLOX_TESTS)
  find_package(GTest REQUIRED)                             # unit tests
  find_package(rapidcheck REQUIRED)                        # property tests
endif()
