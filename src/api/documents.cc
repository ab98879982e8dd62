// /api/v1/annotations, /prices, /views: what people keep beside the profiles. Each is a small JSON
// object; the newest writer wins. docs/api.md says what is in them.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

#include "api/answers.h"
#include "query/selector_parser.h"
#include "query/time_text.h"

namespace phlox::api {
namespace {

constexpr std::size_t kMaxDocuments = 10'000;  // of one kind
constexpr std::size_t kMaxTextBytes = 200;
constexpr std::size_t kMaxAddressBytes = 64u * 1024;
constexpr double kMaxAmount = 1e15;

struct Named {
  std::string id;
  Json content;
};

// One kind of document: what it is called, what names one, and how one is read from a request.
struct Kind {
  std::string name;      // in addresses, answers and the store
  std::string id_field;  // parameter of DELETE
  Result<Named> (*read)(const Json& body, const Service& service);
};

Result<std::string> text_of(const Json& body, const std::string& field, std::size_t max_bytes) {
  const auto found = body.find(field);
  if (found == body.end() || !found->is_string() || found->get_ref<const std::string&>().empty() ||
      found->get_ref<const std::string&>().size() > max_bytes)
    return Error::invalid("\"{}\" must be a text of 1 to {} bytes", field, max_bytes);
  return found->get<std::string>();
}

Result<std::string> selector_of(const Json& body) {
  if (!body.contains("selector")) return std::string("{}");
  PHLOX_TRY(std::string selector, text_of(body, "selector", kMaxTextBytes));
  PHLOX_TRY(query::parse_selector(selector));
  return selector;
}

// The id follows from the content, so that the same annotation made twice is one.
Result<Named> read_annotation(const Json& body, const Service& service) {
  PHLOX_TRY(std::string text, text_of(body, "text", kMaxTextBytes));
  PHLOX_TRY(std::string selector, selector_of(body));
  std::string at = "now";
  if (body.contains("at")) {
    PHLOX_TRY(at, text_of(body, "at", kMaxTextBytes));
  }
  PHLOX_TRY(const WallTime time, query::parse_time(at, service.clock.wall_now()));
  const std::int64_t at_ms = to_unix_ms(time);
  const std::string content = text + '\0' + selector;
  return Named{fmt::format("{:013}-{:016x}", at_ms, XXH3_64bits(content.data(), content.size())),
               {{"at_ms", at_ms}, {"text", std::move(text)}, {"selector", std::move(selector)}}};
}

Result<Named> read_price(const Json& body, const Service&) {
  PHLOX_TRY(std::string selector, selector_of(body));
  const auto amount = body.find("amount");
  if (amount == body.end() || !amount->is_number() || !(amount->get<double>() > 0) ||
      amount->get<double>() > kMaxAmount)
    return Error::invalid("\"amount\" must be a number of dollars above 0");
  PHLOX_TRY(const std::string per, text_of(body, "per", kMaxTextBytes));
  if (per != "year" && per != "month" && per != "core-hour")
    return Error::invalid("\"per\" is \"year\", \"month\" or \"core-hour\", not \"{}\"", per);
  Json content{{"selector", selector}, {"amount", *amount}, {"per", per}};
  return Named{std::move(selector), std::move(content)};
}

Result<Named> read_view(const Json& body, const Service&) {
  PHLOX_TRY(std::string name, text_of(body, "name", kMaxTextBytes));
  PHLOX_TRY(const std::string address, text_of(body, "address", kMaxAddressBytes));
  // A name must not lead out of the page.
  if (!address.starts_with('?'))
    return Error::invalid("\"address\" is the page's query string and begins with '?'");
  Json content{{"name", name}, {"address", address}};
  return Named{std::move(name), std::move(content)};
}

const std::array<Kind, 3> kKinds = {{{"annotations", "id", read_annotation},
                                     {"prices", "selector", read_price},
                                     {"views", "name", read_view}}};

Json json_of(const Kind& kind, std::string_view id, Json content) {
  content[kind.id_field] = id;
  return content;
}

Result<Json> list(const Kind& kind, Service& service) {
  PHLOX_TRY(const auto documents, service.store.documents(kind.name));
  Json::array_t all;
  for (const auto& document : documents) {
    Json content = Json::parse(document.json, nullptr, false);
    if (!content.is_object())
      return Error::corrupt("{}: document '{}' is no JSON object", kind.name, document.id);
    all.push_back(json_of(kind, document.id, std::move(content)));
  }
  return Json{{kind.name, std::move(all)}};
}

Result<Json> put(const Kind& kind, Service& service, const http::ServerRequest& request) {
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return Error::invalid("the body must be a JSON object");
  PHLOX_TRY(Named named, kind.read(body, service));
  PHLOX_TRY(const auto before, service.store.document(kind.name, named.id));
  if (!before) {
    PHLOX_TRY(const auto others, service.store.documents(kind.name));
    if (others.size() >= kMaxDocuments)
      return Error::limit("there are {} {} already; delete some", kMaxDocuments, kind.name);
  }
  PHLOX_TRY(service.store.put_document(kind.name, named.id, named.content.dump(),
                                       before ? before->version : 0));
  return json_of(kind, named.id, std::move(named.content));
}

Result<Json> remove(const Kind& kind, Service& service, const http::ServerRequest& request) {
  const std::string id = text_parameter(request, kind.id_field, "");
  if (id.empty()) return Error::invalid("parameter '{}' is missing", kind.id_field);
  PHLOX_TRY(const auto found, service.store.document(kind.name, id));
  if (!found) return Error::not_found("there is no '{}' among the {}", id, kind.name);
  PHLOX_TRY(service.store.delete_document(kind.name, id));
  return Json::object();
}

}  // namespace

void add_documents(http::Router& router, Service& service) {
  for (const Kind& kind : kKinds) {
    const std::string path = "/api/v1/" + kind.name;
    router.add("GET", path, http::Lane::kQuery,
               [&](const http::ServerRequest&) { return answer_json(list(kind, service)); });
    router.add("PUT", path, http::Lane::kQuery, [&](const http::ServerRequest& request) {
      return answer_json(put(kind, service, request));
    });
    router.add("DELETE", path, http::Lane::kQuery, [&](const http::ServerRequest& request) {
      return answer_json(remove(kind, service, request));
    });
  }
}

}  // namespace phlox::api
