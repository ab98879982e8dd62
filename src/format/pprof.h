// pprof, the profile format of google/pprof (proto/profile.proto there): protobuf, usually gzipped.
//
// Decoding reads the wire format directly, in one pass over the tables (format/pprof_tables.h) and
// one over the samples, without building a message object per location. Encoding writes one
// location per frame. What a field means and which we keep: docs/formats/pprof.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// Bounds on what comes from outside; passing one is kLimit, with the bound in the message.
struct PprofLimits {
  std::size_t max_unpacked_bytes = 64u << 20;
  std::size_t max_samples = 1'000'000;
  std::size_t max_sample_types = 32;
  std::size_t max_string_bytes = 64u << 10;
};

// Takes gzipped or plain bytes. kCorrupt for bytes that are not protobuf or not gzip; kInvalid for
// a profile that contradicts itself: no sample type, a reference to nothing, an id 0 or given
// twice, a wrong number of values, a negative value or one over 2^53, text that is not UTF-8. Every
// message names the place ("sample 17: location id 9 is not defined"). String labels of samples
// become label sets; numeric ones are left out. Inlined lines of a location become frames.
Result<profile::Profile> decode_pprof(std::string_view bytes, const PprofLimits& limits = {});

// The same of plain bytes, for a store that knows most of the stacks: hashes them and interns
// nothing, so that no node of theirs is looked up or written down.
Result<profile::HashedProfile> decode_hashed_pprof(std::string plain,
                                                   const PprofLimits& limits = {});

// Plain bytes; gzip them with base/gzip.h.
std::string encode_pprof(const profile::Profile& profile);

}  // namespace phlox::format
