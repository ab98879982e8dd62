// SelectMergeStacktraces, SelectMergeProfile, Diff: merged profiles for Pyroscope's clients.
#include "api/querier.h"
#include "format/pprof.h"
#include "querier/v1/querier.pb.h"
#include "query/flamebearer.h"

namespace phlox::api {
namespace {

using StacktracesRequest = querier::v1::SelectMergeStacktracesRequest;

Result<query::Selection> selection_of(const auto& request, const Service& service) {
  return querier_selection(request.profile_typeid(), request.label_selector(), request.start(),
                           request.end(), service);
}

Result<std::size_t> max_nodes_of(const StacktracesRequest& request) {
  if (request.max_nodes() <= 0) return query::kDefaultMaxNodes;
  if (request.max_nodes() > static_cast<std::int64_t>(query::kMaxMaxNodes))
    return Error::limit("maxNodes of {}, at most {}", request.max_nodes(), query::kMaxMaxNodes);
  return static_cast<std::size_t>(request.max_nodes());
}

Result<query::Flamebearer> flame_graph(Service& service,
                                       std::span<const query::Selection> selections,
                                       std::size_t max_nodes) {
  PHLOX_TRY(const query::MergedProfile merged, query::merge(service.store, selections));
  PHLOX_TRY(const auto tree,
            merged.tree(selections.size() == 1 ? profile::FunctionIdentity::kExact
                                               : profile::FunctionIdentity::kIgnoreFirstLine));
  const auto rates = query::Rate::of(merged.type, merged.sides);
  return query::flamebearer(merged.symbols, tree, query::visible_part(tree, rates, max_nodes));
}

void fill(const query::Flamebearer& flame, auto& out) {
  for (const std::string& name : flame.names) out.add_names(name);
  for (const auto& level : flame.levels)
    out.add_levels()->mutable_values()->Assign(level.begin(), level.end());
  out.set_max_self(flame.max_self);
}

Result<> select_merge_stacktraces(Service& service, const StacktracesRequest& request,
                                  querier::v1::SelectMergeStacktracesResponse& answer) {
  if (request.format() != querier::v1::PROFILE_FORMAT_UNSPECIFIED &&
      request.format() != querier::v1::PROFILE_FORMAT_FLAMEGRAPH)
    return Error::invalid(
        "format {} is not served; ask for PROFILE_FORMAT_FLAMEGRAPH, or call SelectMergeProfile "
        "for a pprof",
        static_cast<int>(request.format()));
  PHLOX_TRY(const query::Selection selection, selection_of(request, service));
  PHLOX_TRY(const std::size_t max_nodes, max_nodes_of(request));
  PHLOX_TRY(const auto flame, flame_graph(service, std::span(&selection, 1), max_nodes));
  fill(flame, *answer.mutable_flamegraph());
  answer.mutable_flamegraph()->set_total(flame.totals[0]);
  return {};
}

Result<> diff(Service& service, const querier::v1::DiffRequest& request,
              querier::v1::DiffResponse& answer) {
  PHLOX_TRY(const query::Selection left, selection_of(request.left(), service).context("left"));
  PHLOX_TRY(const query::Selection right, selection_of(request.right(), service).context("right"));
  if (left.type != right.type)
    return Error::invalid("left is of type {}, right of {}", left.type, right.type);
  PHLOX_TRY(const std::size_t max_nodes, max_nodes_of(request.left()));
  const std::vector<query::Selection> both = {left, right};
  PHLOX_TRY(const auto flame, flame_graph(service, both, max_nodes));
  fill(flame, *answer.mutable_flamegraph());
  PHLOX_TRY(const std::int64_t total,
            (profile::Sum(flame.totals[0]) += flame.totals[1]).to_int64());
  answer.mutable_flamegraph()->set_total(total);
  answer.mutable_flamegraph()->set_leftticks(flame.totals[0]);
  answer.mutable_flamegraph()->set_rightticks(flame.totals[1]);
  return {};
}

Result<> select_merge_profile(Service& service,
                              const querier::v1::SelectMergeProfileRequest& request,
                              google::v1::Profile& answer) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service));
  PHLOX_TRY(query::MergedProfile merged, query::merge(service.store, std::span(&selection, 1)));
  const query::Side& side = merged.sides[0];
  profile::Profile profile;
  profile.symbols = std::move(merged.symbols);
  profile.sample_types = {merged.type.sample};
  profile.period_type = merged.type.period;
  profile.start = from_unix_ms(side.plan.from_s * 1000);
  profile.duration = std::chrono::seconds(side.plan.until_s - side.plan.from_s);
  for (const auto& value : side.values) profile.add_sample(value.stack, {&value.value, 1});
  if (!answer.ParseFromString(format::encode_pprof(profile)))
    return Error::corrupt("the profile could not be written as pprof");
  return {};
}

}  // namespace

void add_merge(http::Router& router, Service& service) {
  add_querier_method(router, service, "SelectMergeStacktraces", select_merge_stacktraces);
  add_querier_method(router, service, "SelectMergeProfile", select_merge_profile);
  add_querier_method(router, service, "Diff", diff);
}

}  // namespace phlox::api
