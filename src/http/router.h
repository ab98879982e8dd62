// Router: which handler answers a request. Exact paths, and one fallback for the rest, which is the
// web page. Built before the server starts, then read by all its threads.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "http/message.h"

namespace phlox::http {

using Handler = std::function<ServerResponse(const ServerRequest&)>;

// Long work must not keep short work waiting: each lane has threads of its own. Operation is what
// says how the others are, so it must not wait for them: a single thread.
enum class Lane { kIngest, kQuery, kOperation };
inline constexpr std::size_t kLaneCount = 3;

// The page's files are there already: its script must not wait for answers that it will show.
inline constexpr Lane kFallbackLane = Lane::kOperation;

struct Route {
  Lane lane = Lane::kQuery;
  std::map<std::string, Handler, std::less<>> by_method;
};

class Router {
 public:
  void add(std::string_view method, std::string path, Lane lane, Handler handler);
  // For GET of any other path.
  void set_fallback(Handler handler) { fallback_ = std::move(handler); }

  // nullptr: the fallback's.
  const Route* find(std::string_view path) const;
  // 404 and 405 included; an exception of a handler is a 500. HEAD is answered as GET.
  ServerResponse answer(const ServerRequest& request) const;

 private:
  std::map<std::string, Route, std::less<>> routes_;
  Handler fallback_;
};

}  // namespace phlox::http
