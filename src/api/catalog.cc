// ProfileTypes, LabelNames, LabelValues, Series: which profiles there are.
#include <algorithm>
#include <set>

#include "api/querier.h"
#include "querier/v1/querier.pb.h"
#include "query/selector_parser.h"

namespace phlox::api {
namespace {

using storage::SeriesKey;

template <class Matchers>
Result<std::vector<SeriesKey>> find_series(Service& service, const Matchers& matchers,
                                           std::int64_t start_ms, std::int64_t end_ms) {
  PHLOX_TRY(const QuerierRange range, querier_range(start_ms, end_ms, service));
  std::vector<storage::Selector> any_of;
  for (const std::string& text : matchers) {
    PHLOX_TRY(auto parsed, query::parse_selector(text));
    any_of.push_back(std::move(parsed.selector));
  }
  if (any_of.empty()) any_of.emplace_back();
  return query::with_horizons(
      service.store, [&](const storage::Horizons& horizons) -> Result<std::vector<SeriesKey>> {
        PHLOX_TRY(const query::Plan plan, query::plan_range(range.from, range.until, horizons));
        return service.store.series(any_of, plan.tiles);
      });
}

Result<> profile_types(Service& service, const querier::v1::ProfileTypesRequest& request,
                       querier::v1::ProfileTypesResponse& answer) {
  PHLOX_TRY(const auto found,
            find_series(service, std::vector<std::string>(), request.start(), request.end()));
  std::set<profile::ProfileType> types;
  for (const SeriesKey& key : found) types.insert(key.type);
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
  PHLOX_TRY(const auto found,
            find_series(service, request.matchers(), request.start(), request.end()));
  std::set<std::string> names;
  for (const SeriesKey& key : found) {
    for (const auto& [name, value] : key.labels) names.insert(name);
  }
  for (const std::string& name : names) answer.add_names(name);
  return {};
}

Result<> label_values(Service& service, const types::v1::LabelValuesRequest& request,
                      types::v1::LabelValuesResponse& answer) {
  if (request.name().empty()) return Error::invalid("the label's name is missing");
  PHLOX_TRY(const auto found,
            find_series(service, request.matchers(), request.start(), request.end()));
  std::set<std::string> values;
  for (const SeriesKey& key : found)
    values.insert(storage::label_of(key.type, key.labels, request.name()));
  values.erase("");
  for (const std::string& value : values) answer.add_names(value);
  return {};
}

Result<> series(Service& service, const querier::v1::SeriesRequest& request,
                querier::v1::SeriesResponse& answer) {
  PHLOX_TRY(const auto found,
            find_series(service, request.matchers(), request.start(), request.end()));
  std::set<std::vector<profile::Labels::Pair>> sets;
  for (const SeriesKey& key : found) {
    profile::Labels labels = key.labels;
    labels.set(profile::kProfileName, key.type.name);
    labels.set(profile::kProfileTypeLabel, key.type.to_string());
    std::vector<profile::Labels::Pair> pairs;
    for (const auto& pair : labels) {
      const auto& wanted = request.label_names();
      if (wanted.empty() || std::ranges::find(wanted, pair.first) != wanted.end())
        pairs.push_back(pair);
    }
    if (!pairs.empty()) sets.insert(std::move(pairs));
  }
  for (const auto& pairs : sets) {
    auto* out = answer.add_labels_set();
    for (const auto& [name, value] : pairs) {
      auto* label = out->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
  }
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
