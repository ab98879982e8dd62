// POST /api/v1/backups: a copy of the data of the running server, in a directory named by the
// moment below the one that --backups names. Where it is written is not for the client to say.
#include <fmt/chrono.h>

#include <ctime>
#include <mutex>

#include "api/answers.h"
#include "api/routes.h"

namespace phlox::api {
namespace {

Result<Json> write_backup(const Service& service) {
  if (service.backups.empty())
    return Error::not_found("this server writes no backups; start it with --backups DIR");
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const std::time_t now_s = to_unix_ms(service.clock.wall_now()) / 1000;
  const std::string to =
      fmt::format("{}/{:%Y-%m-%dT%H-%M-%SZ}", service.backups, fmt::gmtime(now_s));
  PHLOX_TRY(service.store.backup(to));
  return Json{{"directory", to}};
}

}  // namespace

void add_backups(http::Router& router, Service& service) {
  router.add("POST", "/api/v1/backups", http::Lane::kQuery,
             [&service](const http::ServerRequest&) { return answer_json(write_backup(service)); });
}

}  // namespace phlox::api
