// GET /api/v1/source: the lines of one source file, with what each took.
#include "api/answers.h"
#include "api/source_directory.h"
#include "query/line_values.h"

namespace phlox::api {
namespace {

// The text, or why there is none: what lines took is known without it.
void add_text(Json& answer, const Service& service, const std::string& file) {
  const Result<std::string> text =
      service.sources == nullptr
          ? Result<std::string>(
                Error::not_found("the server knows no sources; start it with --source-dir DIR"))
          : service.sources->read(file);
  answer["text"] = text ? Json(*text) : Json();
  answer["no_text"] = text ? Json() : Json(text.error().message());
}

Result<Json> source_answer(Service& service, const http::ServerRequest& request) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  const std::string file = text_parameter(request, "file", "");
  if (file.empty()) return Error::invalid("file: name the file as frames do");
  PHLOX_TRY(const query::MergedProfile merged,
            query::merge(service.store, std::span(&selection, 1)));
  Json::array_t lines, self, total;
  for (const query::LineValue& value : query::line_values(merged, file)) {
    lines.emplace_back(value.line);
    PHLOX_TRY(self.emplace_back(), number(value.self));
    PHLOX_TRY(total.emplace_back(), number(value.total));
  }
  PHLOX_TRY(Json side, side_of(merged.sides[0]));
  Json answer{{"type", merged.type.to_string()},
              {"unit", merged.type.sample.unit},
              {"file", file},
              {"side", std::move(side)},
              {"line", std::move(lines)},
              {"self", std::move(self)},
              {"total", std::move(total)}};
  add_text(answer, service, file);
  return answer;
}

}  // namespace

void add_source(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/source", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               return answer_json(source_answer(service, request));
             });
}

}  // namespace phlox::api
