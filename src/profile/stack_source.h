// StackSource: the stacks of a profile as a store needs them: told apart by their content, and
// written out only where one is new.
#pragma once

#include <memory>
#include <vector>

#include "profile/stack_hash.h"
#include "profile/symbols.h"

namespace phlox::profile {

// Copies stacks of one source into one table of symbols, which must not lose any in between.
class StackImporter {
 public:
  virtual ~StackImporter() = default;
  virtual StackId import(StackId stack) = 0;
};

// A StackId of a source is a number that means something to it alone. Not changed by what is asked
// of it.
class StackSource {
 public:
  virtual ~StackSource() = default;
  virtual const StackHash& hash(StackId stack) const = 0;
  // Keeps a reference to both.
  virtual std::unique_ptr<StackImporter> importer(Symbols& to) const = 0;
};

// The stacks of symbols, which are not touched in between.
class SymbolsSource final : public StackSource {
 public:
  // Costs a hash for each function, frame and node.
  explicit SymbolsSource(const Symbols& symbols)
      : symbols_(symbols), hashes_(stack_hashes(symbols)) {}

  const Symbols& symbols() const { return symbols_; }
  const StackHash& hash(StackId stack) const override { return hashes_[index_of(stack)]; }
  std::unique_ptr<StackImporter> importer(Symbols& to) const override;

 private:
  const Symbols& symbols_;
  std::vector<StackHash> hashes_;
};

}  // namespace phlox::profile
