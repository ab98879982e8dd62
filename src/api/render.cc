// GET /pyroscope/render, render-diff, label-values and labels, with and without /pyroscope: what
// scripts of Pyroscope's users ask. Queries are a profile type and a selector, or FlameQL.

#include "api/answers.h"
#include "api/ingest_name.h"
#include "api/merged_forms.h"
#include "query/dot.h"
#include "query/selector_parser.h"

namespace phlox::api {
namespace {

using http::ServerRequest;
using http::ServerResponse;

constexpr std::size_t kDotFunctions = 100;

// `prefix` is "", "left" or "right".
Result<query::Selection> selection_of_side(const ServerRequest& request, const Service& service,
                                           const std::string& prefix) {
  const auto named = [&](std::string name) {
    if (!prefix.empty()) name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return prefix + name;
  };
  const std::string text = text_parameter(request, named("query"), "");
  PHLOX_TRY(auto parsed, query::parse_selector(text).context(named("query")));
  if (!parsed.type)
    return Error::invalid(
        "{}: it begins with a profile type or an application, "
        "process_cpu:cpu:nanoseconds:cpu:nanoseconds{{...}} or app.cpu{{...}}",
        named("query"));
  const WallTime now = service.clock.wall_now();
  PHLOX_TRY(const WallTime from,
            parse_ingest_time(text_parameter(request, named("from"), "now-1h"), now));
  PHLOX_TRY(const WallTime until,
            parse_ingest_time(text_parameter(request, named("until"), "now"), now));
  return query::Selection{
      .type = *parsed.type, .selector = std::move(parsed.selector), .from = from, .until = until};
}

Result<std::size_t> max_nodes_of(const ServerRequest& request) {
  const std::string_view name =
      request.parameter("max-nodes") == nullptr ? "maxNodes" : "max-nodes";
  PHLOX_TRY(const std::int64_t nodes,
            number_parameter(request, name, query::kDefaultMaxNodes, 0, query::kMaxMaxNodes));
  return nodes == 0 ? query::kDefaultMaxNodes : static_cast<std::size_t>(nodes);
}

// What its readers divide by to get seconds, and how they write amounts.
Json metadata_of(const profile::ProfileType& type, std::string_view format) {
  std::string units = type.sample.unit;
  std::int64_t rate = 100;
  if (units == "count") units = "objects";
  if (units == "nanoseconds") {
    units = "samples";
    rate = 1'000'000'000;
  }
  return {{"format", format},
          {"spyName", ""},
          {"sampleRate", rate},
          {"units", units},
          {"name", type.sample.type}};
}

Json flamebearer_of(const query::Flamebearer& flame, std::int64_t total) {
  return {{"names", flame.names},
          {"levels", flame.levels},
          {"numTicks", total},
          {"maxSelf", flame.max_self}};
}

Result<Json> timeline_json(const query::PointPlan& plan, const std::vector<storage::Totals>& points,
                           bool is_average) {
  Json samples = Json::array();
  for (const storage::Totals& totals : points) {
    PHLOX_TRY(std::int64_t value, totals.value.to_int64());
    if (is_average && totals.profiles > 0) value /= static_cast<std::int64_t>(totals.profiles);
    samples.push_back(value);
  }
  return Json{{"startTime", plan.from_s},
              {"samples", std::move(samples)},
              {"durationDelta", plan.step_s},
              {"watermarks", nullptr}};
}

// The timeline of all, and by name that of each group.
Result<std::pair<Json, Json>> timelines_of(Service& service, const ServerRequest& request,
                                           const query::Selection& selection) {
  const std::string group_by = text_parameter(request, "groupBy", "");
  const std::string aggregation = text_parameter(request, "aggregation", "sum");
  if (aggregation != "sum" && aggregation != "avg")
    return Error::invalid("aggregation '{}': expected sum or avg", aggregation);
  const bool is_average = aggregation == "avg" && !profile::is_gauge(selection.type);
  using Timelines = std::pair<Json, Json>;
  return query::with_horizons(
      service.store, [&](const storage::Horizons& horizons) -> Result<Timelines> {
        PHLOX_TRY(const query::PointPlan plan,
                  query::plan_points(selection.from, selection.until, 0,
                                     query::StepGrid::kFromStart, horizons));
        PHLOX_TRY(auto all,
                  service.store.timeline(selection.selector, selection.type, plan.points, ""));
        if (all.empty()) all.push_back({{}, std::vector<storage::Totals>(plan.points.size())});
        PHLOX_TRY(Json timeline, timeline_json(plan, all[0].points, is_average));
        Json groups = Json::object();
        if (group_by.empty()) return Timelines{std::move(timeline), std::move(groups)};
        PHLOX_TRY(const auto rows, service.store.timeline(selection.selector, selection.type,
                                                          plan.points, group_by));
        for (const auto& row : rows) {
          PHLOX_TRY(groups[row.label], timeline_json(plan, row.points, is_average));
        }
        return Timelines{std::move(timeline), std::move(groups)};
      });
}

Result<ServerResponse> render(Service& service, const ServerRequest& request) {
  PHLOX_TRY(const query::Selection selection, selection_of_side(request, service, ""));
  PHLOX_TRY(const std::size_t max_nodes, max_nodes_of(request));
  PHLOX_TRY(const query::MergedProfile merged,
            query::merge(service.store, std::span(&selection, 1)));
  const std::string format = text_parameter(request, "format", "json");
  if (format == "dot") {
    PHLOX_TRY(const auto tree, merged.tree(profile::FunctionIdentity::kExact));
    return ServerResponse{
        .content_type = "text/plain; charset=utf-8",
        .body = query::dot(merged.symbols, tree, merged.type.sample.unit, kDotFunctions)};
  }
  if (format != "json") return Error::invalid("format '{}': expected json or dot", format);
  PHLOX_TRY(const auto flame, flame_graph(merged, {}, max_nodes));
  PHLOX_TRY(auto timelines, timelines_of(service, request, selection));
  return answer_json(Json{{"version", 1},
                          {"flamebearer", flamebearer_of(flame, flame.totals[0])},
                          {"metadata", metadata_of(merged.type, "single")},
                          {"timeline", std::move(timelines.first)},
                          {"groups", std::move(timelines.second)},
                          {"heatmap", nullptr}});
}

Result<ServerResponse> render_diff(Service& service, const ServerRequest& request) {
  PHLOX_TRY(const query::Selection left, selection_of_side(request, service, "left"));
  PHLOX_TRY(const query::Selection right, selection_of_side(request, service, "right"));
  if (left.type != right.type)
    return Error::invalid("left is of type {}, right of {}", left.type, right.type);
  PHLOX_TRY(const std::size_t max_nodes, max_nodes_of(request));
  const std::vector<query::Selection> both = {left, right};
  PHLOX_TRY(const query::MergedProfile merged, query::merge(service.store, both));
  PHLOX_TRY(const auto flame, flame_graph(merged, {}, max_nodes));
  PHLOX_TRY(const std::int64_t total,
            (profile::Sum(flame.totals[0]) += flame.totals[1]).to_int64());
  return answer_json(Json{{"version", 1},
                          {"flamebearer", flamebearer_of(flame, total)},
                          {"metadata", metadata_of(merged.type, "double")},
                          {"timeline", nullptr},
                          {"groups", nullptr},
                          {"heatmap", nullptr},
                          {"leftTicks", flame.totals[0]},
                          {"rightTicks", flame.totals[1]}});
}

// ask(selectors, tiles) of the store, about series that `query` picks, all without it, from `from`
// to `until`, by default of all time.
template <class Ask>
auto ask_store(Service& service, const ServerRequest& request, Ask ask)
    -> decltype(ask(std::span<const storage::Selector>(), std::span<const storage::Tile>())) {
  PHLOX_TRY(auto parsed, query::parse_selector(text_parameter(request, "query", "")));
  if (parsed.type)
    PHLOX_TRY(parsed.selector.add(std::string(profile::kProfileTypeLabel),
                                  storage::Matcher::Operator::kEqual, *parsed.type));
  const WallTime now = service.clock.wall_now();
  PHLOX_TRY(const WallTime from, parse_ingest_time(text_parameter(request, "from", "0"), now));
  PHLOX_TRY(const WallTime until, parse_ingest_time(text_parameter(request, "until", ""), now));
  return query::with_plan(service.store, from, until, [&](const query::Plan& plan) {
    return ask(std::span(&parsed.selector, 1), plan.tiles);
  });
}

Result<ServerResponse> labels(Service& service, const ServerRequest& request) {
  PHLOX_TRY(const auto names, ask_store(service, request,
                                        [&](std::span<const storage::Selector> any_of,
                                            std::span<const storage::Tile> tiles) {
                                          return service.store.label_names(any_of, tiles);
                                        }));
  return answer_json(Json(names));
}

Result<ServerResponse> label_values(Service& service, const ServerRequest& request) {
  std::string label = text_parameter(request, "label", "");
  if (label.empty()) return Error::invalid("parameter 'label' is missing");
  if (label == profile::kProfileName) label = profile::kProfileTypeLabel;
  PHLOX_TRY(const auto found, ask_store(service, request,
                                        [&](std::span<const storage::Selector> any_of,
                                            std::span<const storage::Tile> tiles) {
                                          return service.store.label_sets(any_of, tiles,
                                                                          std::span(&label, 1));
                                        }));
  Json::array_t values;
  for (const auto& set : found) {
    if (!set[0].empty()) values.emplace_back(set[0]);
  }
  return answer_json(Json(std::move(values)));
}

}  // namespace

void add_render(http::Router& router, Service& service) {
  using Handle = Result<ServerResponse> (*)(Service&, const ServerRequest&);
  const std::initializer_list<std::pair<std::string, Handle>> handles = {
      {"render", render},
      {"render-diff", render_diff},
      {"labels", labels},
      {"label-values", label_values}};
  for (const auto& [name, handle] : handles) {
    for (const std::string& path : {"/pyroscope/" + name, "/" + name}) {
      router.add("GET", path, http::Lane::kQuery,
                 [&service, answer = handle](const ServerRequest& request) {
                   const auto response = answer(service, request);
                   return response ? *response : http::error_response(response.error());
                 });
    }
  }
}

}  // namespace phlox::api
