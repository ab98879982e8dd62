#include "api/querier.h"

#include "query/selector_parser.h"
#include "storage/levels.h"

namespace phlox::api {

Result<QuerierRange> querier_range(std::int64_t start_ms, std::int64_t end_ms,
                                   const Service& service) {
  if (start_ms == 0 && end_ms == 0)
    return QuerierRange{WallTime(), service.clock.wall_now() + std::chrono::hours(1)};
  const std::int64_t last = storage::kEndOfTime * 1000;
  if (start_ms < 0 || end_ms < 0 || start_ms > last || end_ms > last)
    return Error::invalid("start and end are milliseconds since 1970");
  if (start_ms >= end_ms) return Error::invalid("the range is empty: start must be before end");
  return QuerierRange{from_unix_ms(start_ms), from_unix_ms(end_ms)};
}

Result<query::Selection> querier_selection(const std::string& type, const std::string& selector,
                                           std::int64_t start_ms, std::int64_t end_ms,
                                           const Service& service) {
  if (start_ms == 0 && end_ms == 0) return Error::invalid("missing time range in the query");
  PHLOX_TRY(const QuerierRange range, querier_range(start_ms, end_ms, service));
  PHLOX_TRY(profile::ProfileType::parse(type));
  PHLOX_TRY(auto parsed, query::parse_selector(selector));
  return query::Selection{.type = type,
                          .selector = std::move(parsed.selector),
                          .from = range.from,
                          .until = range.until};
}

}  // namespace phlox::api
