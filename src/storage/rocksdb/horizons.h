// The horizons as they lie in the database: a varint for each level, the finest first.
// Until format 2 there were no weeks.
#pragma once

#include <string>

#include "base/result.h"
#include "storage/levels.h"
#include "storage/rocksdb/database.h"

namespace phlox::storage {

std::string encode(const Horizons& horizons);
Result<Horizons> read_horizons(Database& database, const rocksdb::ReadOptions& options);

}  // namespace phlox::storage
