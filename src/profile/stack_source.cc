#include "profile/stack_source.h"

namespace phlox::profile {
namespace {

class ImportFromSymbols final : public StackImporter {
 public:
  ImportFromSymbols(const Symbols& from, Symbols& to) : import_(from, to) {}
  StackId import(StackId stack) override { return import_.stack(stack); }

 private:
  SymbolsImport import_;
};

}  // namespace

std::unique_ptr<StackImporter> SymbolsSource::importer(Symbols& to) const {
  return std::make_unique<ImportFromSymbols>(symbols_, to);
}

}  // namespace phlox::profile
