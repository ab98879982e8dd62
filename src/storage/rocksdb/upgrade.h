// Data directories of older formats.
//
// What formats 2 and 3 added, rows of services and of all services, comes where buckets are closed
// again; until then the series are read. Weeks (format 3) have to be summed up from the days that
// are there, so these are marked; queries read the days meanwhile. Packed cells (format 4) come
// where something is written; others are read as they are (varint_pairs.h).
#pragma once

#include "base/result.h"
#include "storage/rocksdb/data_directory.h"
#include "storage/rocksdb/database.h"

namespace phlox::storage {

// Does nothing where the format is ours. A step a series and day; may be done again after a crash.
Result<> upgrade(DataDirectory& directory, Database& database);

}  // namespace phlox::storage
