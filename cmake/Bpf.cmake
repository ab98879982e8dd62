# phlox_bpf(sampler python_stack): compiles bpf/python_stack.bpf.c and makes "python_stack.skel.h" for the folder's target: the program as
# bytes, with functions that load it (bpftool-gen(8)). It is relocated for the running kernel when it is loaded, so users need no compiler.
find_program(BPF_CLANG NAMES clang-14 clang-19 clang REQUIRED)        # the one compiler with a BPF back end that libbpf's headers are written for
find_program(BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)

function(phlox_bpf folder name)
  set(source ${PROJECT_SOURCE_DIR}/bpf/${name}.bpf.c)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/bpf)
  file(MAKE_DIRECTORY ${output})
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bpf/*.h)
  # Programs for the target bpf do not see the directory of headers of the machine's own architecture.
  add_custom_command(
    OUTPUT ${output}/${name}.bpf.o
    COMMAND ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter
      -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -c ${source} -o ${output}/${name}.bpf.o
    DEPENDS ${source} ${headers})
  add_custom_command(
    OUTPUT ${output}/${name}.skel.h
    COMMAND ${BPFTOOL} gen skeleton ${output}/${name}.bpf.o name ${name} > ${output}/${name}.skel.h
    DEPENDS ${output}/${name}.bpf.o)
  target_sources(phlox_${folder} PRIVATE ${output}/${name}.skel.h)
  target_include_directories(phlox_${folder} SYSTEM PRIVATE ${output})
  target_include_directories(phlox_${folder} PRIVATE ${PROJECT_SOURCE_DIR})  # bpf/python_stack.h
endfunction()
