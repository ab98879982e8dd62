// The web page: files that were built into the program. A file whose name holds a hash of its
// content never changes, so browsers may keep it; index.html is asked for anew each time.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "api/page_policy.h"
#include "api/routes.h"
#include "http/compression.h"
#include "profile/labels.h"
#include "web_assets.h"

namespace phlox::api {
namespace {

const web::Asset* find_asset(std::string_view path) {
  const auto assets = web::assets();
  const auto named = [&](std::string_view name) -> const web::Asset* {
    const auto found = std::ranges::find(assets, name, &web::Asset::path);
    return found == assets.end() ? nullptr : &*found;
  };
  if (path == "/") return named("/index.html");
  if (const web::Asset* asset = named(path)) return asset;
  // The page keeps its view in the address; a path without a file's ending is one of its views.
  const auto name = path.substr(path.rfind('/') + 1);
  return name.find('.') == std::string_view::npos && !path.starts_with("/api/")
             ? named("/index.html")
             : nullptr;
}

http::ServerResponse answer(const http::ServerRequest& request) {
  const web::Asset* asset = find_asset(request.path);
  if (asset == nullptr)
    return http::error_response(404, "not_found", "there is nothing at this address");
  const std::string etag =
      fmt::format("\"{:016x}\"", XXH3_64bits(asset->bytes.data(), asset->bytes.size()));
  const bool is_hashed = asset->path.starts_with("/assets/");
  http::ServerResponse response{.content_type = std::string(asset->content_type), .headers = {}};
  response.headers = {
      {"ETag", etag},
      {"Cache-Control", is_hashed ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kPagePolicy)},
      {"Referrer-Policy", "no-referrer"},
      {"Vary", "Accept-Encoding"}};
  // An address without any choice: the page will ask for exactly these (web/src/state/queries.ts),
  // and the browser can do so before the page's script is there.
  if (request.path == "/" && request.query.empty()) {
    for (const std::string_view path : {"profile?columns=bytes&", "timeline?"})
      response.headers.push_back(
          {"Link", fmt::format("<api/v1/{}largest={}>; rel=preload; as=fetch; crossorigin", path,
                               profile::kServiceName)});
  }
  if (request.header("If-None-Match").find(etag) != std::string_view::npos) {
    response.status = 304;
    response.is_compressed = true;  // nothing to compress
    return response;
  }
  response.is_compressed = true;
  if (!asset->gzipped.empty() && http::accepts_gzip(request)) {
    response.body = asset->gzipped;
    response.headers.push_back({"Content-Encoding", "gzip"});
  } else {
    response.body = asset->bytes;
  }
  return response;
}

}  // namespace

void add_page(http::Router& router) { router.set_fallback(answer); }

}  // namespace phlox::api
