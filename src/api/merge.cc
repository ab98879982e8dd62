// SelectMergeStacktraces, SelectMergeSpanProfile, SelectMergeProfile, Diff: merged profiles for
// Pyroscope's clients.
#include "api/merged_forms.h"
#include "api/querier.h"
#include "format/pprof.h"
#include "querier/v1/querier.pb.h"
#include "query/dot.h"
#include "query/tree_bytes.h"

namespace phlox::api {
namespace {

using StacktracesRequest = querier::v1::SelectMergeStacktracesRequest;

constexpr std::size_t kDefaultDotFunctions = 100;

// Samples of a span or trace have its id as a label.
Result<> add_id_matcher(storage::Selector& selector, const std::string& label, std::size_t digits,
                        const auto& ids) {
  if (ids.empty()) return {};
  std::string pattern;
  for (const std::string& id : ids) {
    const bool is_id = id.size() == digits && id.find_first_not_of("0123456789abcdef") == id.npos;
    if (!is_id)
      return Error::invalid("{} '{}': expected {} digits 0-9 a-f", label, id.substr(0, 64), digits);
    pattern += pattern.empty() ? id : "|" + id;
  }
  return selector.add(label, storage::Matcher::Operator::kMatches, pattern);
}

Result<query::Selection> basic_selection(const auto& request, const Service& service) {
  return querier_selection(request.profile_typeid(), request.label_selector(), request.start(),
                           request.end(), service);
}

Result<query::Selection> selection_of(const auto& request, const Service& service) {
  PHLOX_TRY(query::Selection selection, basic_selection(request, service));
  if (request.profile_id_selector_size() > 0)
    return Error::invalid("profileIdSelector: single profiles are not kept, only their sums");
  PHLOX_TRY(add_id_matcher(selection.selector, "trace_id", 32, request.trace_id_selector()));
  return selection;
}

Result<query::Selection> selection_with_spans(const auto& request, const Service& service) {
  PHLOX_TRY(query::Selection selection, selection_of(request, service));
  PHLOX_TRY(add_id_matcher(selection.selector, "span_id", 16, request.span_selector()));
  return selection;
}

// A call site is the operator `focus`.
Result<std::vector<query::Operator>> operators_of(const auto& request) {
  if (request.stack_trace_selector().has_go_pgo())
    return Error::invalid("stackTraceSelector.goPgo is not served; ask for a pprof as it is");
  std::string path;
  for (const auto& location : request.stack_trace_selector().call_site()) {
    PHLOX_TRY(const auto name, profile::Labels::from_pairs({{"name", location.name()}}));
    path += (path.empty() ? "" : ";") + name.to_string();
  }
  std::vector<query::Operator> operators;
  if (!path.empty()) {
    PHLOX_TRY(auto focus, query::parse_operator("focus", path));
    operators.push_back(std::move(focus));
  }
  return operators;
}

Result<std::size_t> max_nodes_of(const auto& request, std::size_t otherwise) {
  if (request.max_nodes() <= 0) return otherwise;
  if (request.max_nodes() > static_cast<std::int64_t>(query::kMaxMaxNodes))
    return Error::limit("maxNodes of {}, at most {}", request.max_nodes(), query::kMaxMaxNodes);
  return static_cast<std::size_t>(request.max_nodes());
}

void fill(const query::Flamebearer& flame, auto& out) {
  for (const std::string& name : flame.names) out.add_names(name);
  for (const auto& level : flame.levels)
    out.add_levels()->mutable_values()->Assign(level.begin(), level.end());
  out.set_max_self(flame.max_self);
}

Result<> fill_pprof(query::MergedProfile merged, std::span<const query::Operator> operators,
                    google::v1::Profile& out) {
  PHLOX_TRY(const auto profile, to_profile(std::move(merged), operators));
  if (!out.ParseFromString(format::encode_pprof(profile)))
    return Error::corrupt("the profile could not be written as pprof");
  return {};
}

// What both methods that answer with trees have in common.
Result<> fill_tree(const query::MergedProfile& merged, std::span<const query::Operator> operators,
                   const auto& request, auto& answer) {
  PHLOX_TRY(const std::size_t max_nodes, max_nodes_of(request, query::kDefaultMaxNodes));
  if (request.format() == querier::v1::PROFILE_FORMAT_TREE) {
    PHLOX_TRY(const CutTree cut, cut_tree(merged, operators, max_nodes));
    answer.set_tree(query::tree_bytes(merged.symbols, cut.tree, cut.visible));
    return {};
  }
  PHLOX_TRY(const auto flame, flame_graph(merged, operators, max_nodes));
  fill(flame, *answer.mutable_flamegraph());
  answer.mutable_flamegraph()->set_total(flame.totals[0]);
  return {};
}

Result<> select_merge_stacktraces(Service& service, const StacktracesRequest& request,
                                  querier::v1::SelectMergeStacktracesResponse& answer) {
  PHLOX_TRY(const query::Selection selection, selection_with_spans(request, service));
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(query::MergedProfile merged, query::merge(service.store, std::span(&selection, 1)));
  switch (request.format()) {
    case querier::v1::PROFILE_FORMAT_UNSPECIFIED:
    case querier::v1::PROFILE_FORMAT_FLAMEGRAPH:
    case querier::v1::PROFILE_FORMAT_TREE:
      return fill_tree(merged, operators, request, answer);
    case querier::v1::PROFILE_FORMAT_DOT: {
      PHLOX_TRY(const std::size_t functions, max_nodes_of(request, kDefaultDotFunctions));
      PHLOX_TRY(const auto tree, merged.tree(profile::FunctionIdentity::kExact, operators));
      answer.set_dot(query::dot(merged.symbols, tree, merged.type.sample.unit, functions));
      return {};
    }
    case querier::v1::PROFILE_FORMAT_PPROF:
      return fill_pprof(std::move(merged), operators, *answer.mutable_pprof()->mutable_profile());
    default:
      return Error::invalid("format {} is not known", static_cast<int>(request.format()));
  }
}

Result<> select_merge_span_profile(Service& service,
                                   const querier::v1::SelectMergeSpanProfileRequest& request,
                                   querier::v1::SelectMergeSpanProfileResponse& answer) {
  if (request.span_selector().empty()) return Error::invalid("spanSelector is missing");
  PHLOX_TRY(query::Selection selection, basic_selection(request, service));
  PHLOX_TRY(add_id_matcher(selection.selector, "span_id", 16, request.span_selector()));
  if (request.format() > querier::v1::PROFILE_FORMAT_TREE)
    return Error::invalid("format {} is not that of a tree", static_cast<int>(request.format()));
  PHLOX_TRY(const auto merged, query::merge(service.store, std::span(&selection, 1)));
  return fill_tree(merged, {}, request, answer);
}

Result<> diff(Service& service, const querier::v1::DiffRequest& request,
              querier::v1::DiffResponse& answer) {
  PHLOX_TRY(const query::Selection left,
            selection_with_spans(request.left(), service).context("left"));
  PHLOX_TRY(const query::Selection right,
            selection_with_spans(request.right(), service).context("right"));
  if (left.type != right.type)
    return Error::invalid("left is of type {}, right of {}", left.type, right.type);
  PHLOX_TRY(const std::size_t max_nodes, max_nodes_of(request.left(), query::kDefaultMaxNodes));
  const std::vector<query::Selection> both = {left, right};
  PHLOX_TRY(const auto merged, query::merge(service.store, both));
  PHLOX_TRY(const auto flame, flame_graph(merged, {}, max_nodes));
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
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(query::MergedProfile merged, query::merge(service.store, std::span(&selection, 1)));
  return fill_pprof(std::move(merged), operators, answer);
}

}  // namespace

void add_merge(http::Router& router, Service& service) {
  add_querier_method(router, service, "SelectMergeStacktraces", select_merge_stacktraces);
  add_querier_method(router, service, "SelectMergeSpanProfile", select_merge_span_profile);
  add_querier_method(router, service, "SelectMergeProfile", select_merge_profile);
  add_querier_method(router, service, "Diff", diff);
}

}  // namespace phlox::api
