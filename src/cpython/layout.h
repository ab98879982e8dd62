// Layout: where the members of CPython's structs lie, for one minor version on one architecture.
//
// The tables in layouts/ are generated from each version's headers (tools/layouts/generate).
// From 3.13 on the target itself carries most of them (_Py_DebugOffsets,
// Include/internal/pycore_runtime.h there), which covers patch releases and build flags of a known
// minor version; with_debug_offsets() takes those over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

inline constexpr std::uint32_t kNone = UINT32_MAX;             // this version has no such member
inline constexpr std::uint32_t kWord = sizeof(std::uint64_t);  // of the target, in bytes
// No member of the structs that are read lies further in; PyInterpreterState, the largest, has some
// 200 kB.
inline constexpr std::uint64_t kMaxOffset = 1u << 20;

struct Layout {
  std::uint32_t major = 3;
  std::uint32_t minor;

  std::uint32_t runtime_interpreters_head;  // _PyRuntimeState; to 3.6 the head is all there is
  std::uint32_t interpreter_next;           // PyInterpreterState
  std::uint32_t interpreter_threads_head;
  std::uint32_t thread_next;             // PyThreadState
  std::uint32_t thread_pthread_id;       // to 3.10: its pthread_t
  std::uint32_t thread_native_id;        // from 3.11
  std::uint32_t thread_cframe;           // 3.11, 3.12: pointer to a _PyCFrame on the C stack
  std::uint32_t thread_current_frame;    // to 3.10 and from 3.13
  std::uint32_t thread_datastack_chunk;  // from 3.11
  std::uint32_t thread_datastack_top;
  std::uint32_t cframe_current_frame;
  std::uint32_t runtime_gil;  // 3.7 to 3.11: the one struct _gil_runtime_state, in _PyRuntimeState
  std::uint32_t interpreter_gil;  // from 3.12: pointer to that of the interpreter
  std::uint32_t gil_last_holder;  // struct _gil_runtime_state: a PyThreadState, also of a free GIL
  std::uint32_t gil_locked;       // int
  std::uint32_t gil_size;
  std::uint32_t frame_code;      // to 3.10 PyFrameObject, then _PyInterpreterFrame
  std::uint32_t frame_code_tag;  // bits that are set in frame_code besides the address
  std::uint32_t frame_previous;
  std::uint32_t frame_last_instruction;       // to 3.10: int
  std::uint32_t frame_last_instruction_unit;  // of so many bytes
  std::uint32_t frame_instruction;            // from 3.11: pointer
  std::uint32_t frame_owner;                  // from 3.11
  std::uint32_t frame_owner_c_stack;  // from this value on, entry frames without code of their own
  std::uint32_t frame_size;           // without locals
  std::uint32_t code_filename;        // PyCodeObject
  std::uint32_t code_qualname;        // to 3.10 there is a plain name only
  std::uint32_t code_first_line;
  std::uint32_t code_line_table;
  std::uint32_t code_instructions;  // from 3.11; to 3.10 they lie elsewhere, and 0 is here
  std::uint32_t object_type;
  std::uint32_t type_name;
  std::uint32_t bytes_size;
  std::uint32_t bytes_data;
  std::uint32_t string_length;  // PyASCIIObject; none in 2.7, whose str is what bytes are later
  std::uint32_t string_state;
  std::uint32_t string_kind_shift;  // in the bit-field state
  std::uint32_t string_compact_shift;
  std::uint32_t string_ascii_shift;
  std::uint32_t string_ascii_data;
  std::uint32_t string_compact_data;
  std::uint32_t cframe_previous;
  std::uint32_t frame_is_entry;         // 3.11: bool, the oldest frame of its _PyCFrame
  std::uint32_t frame_owner_generator;  // value of owner
  std::uint32_t thread_exc_info;        // pointer to the newest _PyErr_StackItem
  std::uint32_t exc_info_previous;      // _PyErr_StackItem
  std::uint32_t generator_exc_state;    // PyGenObject, PyCoroObject and PyAsyncGenObject alike
  std::uint32_t generator_frame;
  std::uint32_t code_frame_size;            // from 3.12: int, of the code's frames in words
  std::uint32_t interpreter_gc_collecting;  // int: a collection runs
  std::uint32_t interpreter_modules;        // pointer to the dict sys.modules
  std::uint32_t module_dict;                // pointer to its namespace
  std::uint32_t type_flags;                 // unsigned long
  std::uint32_t type_basic_size;
  std::uint32_t type_dict_offset;
  std::uint32_t type_cached_keys;  // PyHeapTypeObject: pointer to the keys that its instances share
  std::uint32_t dict_keys;         // pointer to a PyDictKeysObject
  std::uint32_t dict_values;       // pointer; null unless keys are shared
  std::uint32_t keys_index_size;   // to 3.10 the number of indices, then log2 of their bytes
  std::uint32_t keys_kind;         // from 3.11: 0 has entries of 3 words, others of 2
  std::uint32_t keys_entry_count;  // in use
  std::uint32_t keys_indices;      // the entries follow them
  std::uint32_t values_items;      // to 3.10 in an array, then in a PyDictValues
  std::uint32_t instance_dict;     // from 3.11: so many words before the object
  std::uint32_t instance_values;   // 3.11, 3.12: the same, 3.12 tagged by 1; then behind the object
  std::uint32_t tuple_items;
  std::uint32_t list_items;  // pointer
  std::uint32_t set_table;   // pointer to entries of two words, the object first
  std::uint32_t set_mask;    // number of entries - 1
  std::uint32_t float_value;
  std::uint32_t long_size;        // digits; the sign is that of the size, or in its low bits
  std::uint32_t long_size_shift;  // from 3.12: of the size in lv_tag
  std::uint32_t long_digits;      // 30 bits each
  std::uint32_t weakref_object;
  std::uint32_t cell_contents;
  std::uint32_t frame_locals;
  std::uint32_t frame_stack_top;    // to 3.9 and from 3.14 a pointer, of 3.10 to 3.13 an int
  std::uint32_t frame_value_stack;  // 3.10: pointer to where that int counts from
  std::uint32_t code_local_names;   // pointer to a tuple; from 3.11 with those of cells
  std::uint32_t code_cell_names;    // to 3.10: pointers to tuples, whose cells follow the locals
  std::uint32_t code_free_names;
  std::uint32_t dict_count;  // of a dict's entries
  std::uint32_t set_count;
  std::uint32_t generator_frame_object;  // to 3.10: pointer to its frame
  std::uint32_t generator_frame_state;   // from 3.11: signed char
  std::uint32_t task_coro;               // TaskObj of the module _asyncio
  std::uint32_t task_name;               // from 3.8: a str, or from 3.12 an int
  // What 3.14 says of asyncio in the target itself (with_asyncio_offsets); else there is none.
  std::uint32_t thread_running_task = kNone;     // _PyThreadStateImpl: pointer
  std::uint32_t thread_tasks = kNone;            // there: struct llist_node, head of a circle
  std::uint32_t interpreter_tasks = kNone;       // the same, of threads that have ended
  std::uint32_t task_node = kNone;               // link of that list
  std::uint32_t task_awaited_by = kNone;         // pointer: a task, or a set of tasks
  std::uint32_t task_awaited_by_is_set = kNone;  // char
  std::uint32_t task_is_task = kNone;            // char; else it is a future
  // What only 2.7 has.
  std::uint32_t int_value = kNone;   // PyIntObject: long
  std::uint32_t dict_table = kNone;  // pointer to entries of three words: hash, key, value
  std::uint32_t dict_mask = kNone;   // number of entries - 1

  // Member of Layout -> its offset in _Py_DebugOffsets; empty before 3.13.
  struct DebugOffset {
    std::uint32_t Layout::* member;
    std::uint32_t at;
  };
  std::vector<DebugOffset> debug_offsets = {};

  // To 3.10 frames are objects on the heap, one linked to the next.
  bool has_frame_objects() const { return frame_last_instruction != kNone; }
  bool has_byte_strings() const { return string_length == kNone; }
  // Whether the target says by itself where its tasks are.
  bool has_asyncio_offsets() const { return minor >= 14; }
  // The member by which a thread state says which thread it belongs to.
  std::uint32_t thread_identity() const {
    return thread_native_id != kNone ? thread_native_id : thread_pthread_id;
  }
};

// nullptr for a version that phlox does not know.
const Layout* layout_of(std::uint32_t minor, std::uint32_t major = 3);
const Layout& newest_layout();
// "2.7 and 3.6 to 3.14", for messages.
std::string known_versions();

// `layout` with what the target says in the _Py_DebugOffsets at the start of _PyRuntime. kCorrupt
// when its cookie is missing or an offset is absurd, kInvalid for a free-threaded build. Returns
// `layout` unchanged before 3.13.
Result<Layout> with_debug_offsets(const Layout& layout, const process::MemoryReader& memory,
                                  process::RemoteAddress runtime);
// PY_VERSION_HEX as those say it (from 3.13 on); nullopt if there are none.
std::optional<std::uint64_t> version_in_debug_offsets(const process::MemoryReader& memory,
                                                      process::RemoteAddress runtime);

}  // namespace phlox::cpython
