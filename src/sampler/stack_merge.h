// Python's stack and the native one of the same instant, as one.
//
// The evaluation loop of CPython is a C function that runs Python frames: before 3.11 one, then any
// number, as calls from Python to Python stay inside of it. Where a loop stands on the native stack
// its Python frames go:
//
//     native, leaf first      Python, leaf first         merged
//     deflate                                            deflate
//     zlib_compress                                      zlib_compress
//     loop ------------------ pack, handle, (its loop)   pack, handle
//     _PyEval_Vector                                     left out, as what makes a frame for Python
//     map_next                                           map_next
//     loop ------------------ <module>, (its loop)       <module>
//     main                                               left out, as what starts Python
//
// Which loop ran which frames is known for certain: from 3.11 on Python's stack holds an address
// that lies inside of the loop's frame (RawFrameKind::kLoop). Before, the loops are counted, which
// tells only if there is one for each Python frame on a stack that is known down to its first
// function. Where it is not certain, only those native frames are taken that are called by the
// newest Python frame, and Python's stack stays whole. A loop that has no Python frames, as it has
// just begun or belongs to another interpreter, is a native frame like others.
#pragma once

#include <span>
#include <vector>

#include "cpython/stack_reader.h"
#include "native/functions.h"
#include "native/unwinder.h"

namespace phlox::sampler {

enum class LoopsBy { kAddress, kCount, kCountOfPython2 };  // from 3.11 on, before, and of 2.7

LoopsBy loops_by(const cpython::Layout& layout);

// All leaf first; `python` without frames is a thread that Python does not know. Replaces `merged`,
// in which there is no kLoop. Pure.
void merge_stacks(std::span<const cpython::RawFrame> python, const native::Stack& native,
                  std::span<const native::FunctionId> kernel, const native::Functions& functions,
                  LoopsBy loops, std::vector<cpython::RawFrame>& merged);

}  // namespace phlox::sampler
