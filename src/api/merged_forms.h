// A merged profile in the forms in which it leaves the server as a whole.
#pragma once

#include "format/pprof.h"
#include "query/merged_profile.h"

namespace phlox::api {

// Its first side as a profile of one sample type over the range that it is exact for. Takes the
// symbols out of `merged`.
profile::Profile to_profile(query::MergedProfile merged);

}  // namespace phlox::api
