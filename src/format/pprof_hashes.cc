#include "format/pprof_hashes.h"

namespace phlox::format::pprof {
namespace {

using profile::FrameId;
using profile::FunctionId;
using profile::StackId;

class ImportFromHashed final : public profile::StackImporter {
 public:
  ImportFromHashed(const HashedStacks& from, profile::Symbols& to)
      : from_(from), to_(to), functions_(from.function_count()), frames_(from.frame_count()) {}

  StackId import(StackId stack) override {
    const auto [shared, rest] = path_.share(from_.leaf_first(stack));
    return path_.reach(shared, rest, [this](StackId parent, FrameId frame) {
      return to_.intern_child(parent, import(frame));
    });
  }

 private:
  FrameId import(FrameId id) {
    std::optional<FrameId>& known = frames_[profile::index_of(id)];
    if (!known) {
      const HashedFrame& frame = from_.frame(id);
      known = to_.intern_frame({.function = import(frame.function), .line = frame.line});
    }
    return *known;
  }
  FunctionId import(FunctionId id) {
    std::optional<FunctionId>& known = functions_[profile::index_of(id)];
    if (!known) known = intern(from_.function(id), to_);
    return *known;
  }

  const HashedStacks& from_;
  profile::Symbols& to_;
  std::vector<std::optional<FunctionId>> functions_;
  std::vector<std::optional<FrameId>> frames_;
  SharedPath<StackId> path_;
};

}  // namespace

std::unique_ptr<profile::StackImporter> HashedStacks::importer(profile::Symbols& to) const {
  return std::make_unique<ImportFromHashed>(*this, to);
}

}  // namespace phlox::format::pprof
