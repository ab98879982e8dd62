// Dropping stacks that no cell names any more.
#include <algorithm>

#include "storage/rocksdb/catalog.h"

namespace phlox::storage {

using profile::StackId;

void Catalog::watch() {
  const std::unique_lock lock(mutex_);
  watched_.emplace(symbols_.stack_count());
}

void Catalog::unwatch() {
  const std::unique_lock lock(mutex_);
  watched_.reset();
}

Catalog::Kept Catalog::find_kept(StackSet used) const {
  const std::shared_lock lock(mutex_);
  const std::size_t count = symbols_.stack_count();
  used.grow(count);
  if (watched_) watched_->each([&](StackId stack) { used.add(stack); });
  Kept kept{.named = used, .all = std::move(used)};
  // Callers have smaller numbers, so each has been met as a callee before.
  for (std::size_t i = count; --i > 0;) {
    const auto stack = profile::id_at<StackId>(i);
    if (kept.all.has(stack)) kept.all.add(symbols_.stack(stack).parent);
  }
  kept.all.add(StackId::kEmpty);
  kept.all.number();
  return kept;
}

void Catalog::keep_only(const Kept& kept) {
  const std::unique_lock lock(mutex_);
  symbols_.keep_only(kept.all);
  boost::unordered::erase_if(known_stacks_,
                             [&](const auto& known) { return !kept.all.has(known.second); });
  for (auto& [hash, stack] : known_stacks_) stack = kept.all.place(stack);
  runs_ = {};
  kept.named.each(
      [&](StackId stack) { runs_.mark_end(static_cast<std::uint32_t>(kept.all.place(stack))); });
  {
    const std::lock_guard segments_lock(segments_mutex_);
    segments_ = {};
  }
  watched_.reset();
  kept_ = written_ = counts();
}

}  // namespace phlox::storage
