// ProfileTypes, LabelNames, LabelValues, Series: which profiles there are.
#include <algorithm>
#include <set>

#include "api/querier.h"
#include "querier/v1/querier.pb.h"
#include "query/selector_parser.h"

namespace phlox::api {
namespace {

using storage::Selector;
using storage::Tile;

// ask(selectors, tiles) of the store.
template <class Matchers, class Ask>
auto ask_store(Service& service, const Matchers& matchers, std::int64_t start_ms,
               std::int64_t end_ms, Ask ask)
    -> decltype(ask(std::span<const Selector>(), std::span<const Tile>())) {
  PHLOX_TRY(const QuerierRange range, querier_range(start_ms, end_ms, service));
  std::vector<Selector> any_of;
  for (const std::string& text : matchers) {
    PHLOX_TRY(auto parsed, query::parse_selector(text));
    any_of.push_back(std::move(parsed.selector));
  }
  if (any_of.empty()) any_of.emplace_back();
  return query::with_plan(service.store, range.from, range.until,
                          [&](const query::Plan& plan) { return ask(any_of, plan.tiles); });
}

template <class Matchers>
Result<std::vector<std::vector<std::string>>> find_label_sets(Service& service,
                                                              const Matchers& matchers,
                                                              std::int64_t start_ms,
                                                              std::int64_t end_ms,
                                                              std::span<const std::string> names) {
  return ask_store(service, matchers, start_ms, end_ms,
                   [&](std::span<const Selector> any_of, std::span<const Tile> tiles) {
                     return service.store.label_sets(any_of, tiles, names);
                   });
}

Result<> profile_types(Service& service, const querier::v1::ProfileTypesRequest& request,
                       querier::v1::ProfileTypesResponse& answer) {
  const std::string name(profile::kProfileTypeLabel);
  PHLOX_TRY(const auto found, find_label_sets(service, std::vector<std::string>(), request.start(),
                                              request.end(), std::span(&name, 1)));
  std::set<profile::ProfileType> types;
  for (const auto& values : found) {
    PHLOX_TRY(auto type, profile::ProfileType::parse(values[0]));
    types.insert(std::move(type));
  }
  for (const profile::ProfileType& type : types) {
    auto* out = answer.add_profile_types();
    out->set_id(type.to_string());
    out->set_name(type.name);
    out->set_sample_type(type.sample.type);
    out->set_sample_unit(type.sample.unit);
    out->set_period_type(type.period.type);
    out->set_period_unit(type.period.unit);
  }
  return {};
}

Result<> label_names(Service& service, const types::v1::LabelNamesRequest& request,
                     types::v1::LabelNamesResponse& answer) {
  PHLOX_TRY(const auto names,
            ask_store(service, request.matchers(), request.start(), request.end(),
                      [&](std::span<const Selector> any_of, std::span<const Tile> tiles) {
                        return service.store.label_names(any_of, tiles);
                      }));
  for (const std::string& name : names) answer.add_names(name);
  return {};
}

Result<> label_values(Service& service, const types::v1::LabelValuesRequest& request,
                      types::v1::LabelValuesResponse& answer) {
  if (request.name().empty()) return Error::invalid("the label's name is missing");
  PHLOX_TRY(const auto found, find_label_sets(service, request.matchers(), request.start(),
                                              request.end(), std::span(&request.name(), 1)));
  for (const auto& values : found) {
    if (!values[0].empty()) answer.add_names(values[0]);
  }
  return {};
}

// Labels that a series does not have are not among its own.
void add_set(querier::v1::SeriesResponse& answer, std::span<const profile::Labels::Pair> pairs) {
  auto* out = answer.add_labels_set();
  for (const auto& [name, value] : pairs) {
    auto* label = out->add_labels();
    label->set_name(name);
    label->set_value(value);
  }
}

Result<> series_by_labels(Service& service, const querier::v1::SeriesRequest& request,
                          querier::v1::SeriesResponse& answer) {
  std::vector<std::string> names(request.label_names().begin(), request.label_names().end());
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  PHLOX_TRY(const auto found,
            find_label_sets(service, request.matchers(), request.start(), request.end(), names));
  std::set<std::vector<profile::Labels::Pair>> sets;
  for (const auto& values : found) {
    std::vector<profile::Labels::Pair> pairs;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!values[i].empty()) pairs.emplace_back(names[i], values[i]);
    }
    if (!pairs.empty()) sets.insert(std::move(pairs));
  }
  for (const auto& pairs : sets) add_set(answer, pairs);
  return {};
}

Result<> series(Service& service, const querier::v1::SeriesRequest& request,
                querier::v1::SeriesResponse& answer) {
  if (request.label_names_size() > 0) return series_by_labels(service, request, answer);
  PHLOX_TRY(const auto found,
            ask_store(service, request.matchers(), request.start(), request.end(),
                      [&](std::span<const Selector> any_of, std::span<const Tile> tiles) {
                        return service.store.series(any_of, tiles);
                      }));
  std::set<std::vector<profile::Labels::Pair>> sets;
  for (const storage::SeriesKey& key : found) {
    profile::Labels labels = key.labels;
    labels.set(profile::kProfileName, key.type.name);
    labels.set(profile::kProfileTypeLabel, key.type.to_string());
    sets.insert({labels.begin(), labels.end()});
  }
  for (const auto& pairs : sets) add_set(answer, pairs);
  return {};
}

}  // namespace

void add_catalog(http::Router& router, Service& service) {
  add_querier_method(router, service, "ProfileTypes", profile_types);
  add_querier_method(router, service, "LabelNames", label_names);
  add_querier_method(router, service, "LabelValues", label_values);
  add_querier_method(router, service, "Series", series);
}

}  // namespace phlox::api
