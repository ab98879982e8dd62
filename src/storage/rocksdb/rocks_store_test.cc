#include <gmock/gmock.h>

#include <fstream>

#include "storage/rocksdb_store.h"
#include "storage/store_contract_tests.h"

namespace phlox::storage::testing {
namespace {

class RocksWorld final : public StoreWorld {
 public:
  RocksWorld() { open(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    store_ = open_rocksdb_store({.directory = directory_.path / "data",
                                 .close_every = Nanoseconds::zero(),
                                 .clock = &clock})
                 .value();
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

std::unique_ptr<StoreWorld> make_rocks_world() { return std::make_unique<RocksWorld>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, StoreContract, ::testing::Values(make_rocks_world),
                         [](const auto&) { return std::string("RocksDB"); });

std::string open_error(const std::filesystem::path& directory) {
  const auto store = open_rocksdb_store({.directory = directory});
  return store ? "opened" : store.error().message();
}

TEST(RocksStore, ASecondServerIsToldWhoHasTheDirectory) {
  const TemporaryDirectory directory;
  const auto store = open_rocksdb_store({.directory = directory.path}).value();
  EXPECT_EQ(open_error(directory.path),
            fmt::format("data directory {} is in use by another phlox server; stop that one, or "
                        "choose another directory with --data DIR",
                        directory.path.string()));
}

TEST(RocksStore, ANewerFormatIsRefused) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path / "FORMAT") << "phlox data format 99\n";
  EXPECT_EQ(open_error(directory.path),
            fmt::format("data directory {} has format 99, this phlox reads up to 1; update phlox "
                        "or choose another directory with --data DIR",
                        directory.path.string()));
}

TEST(RocksStore, AFileInPlaceOfTheDirectoryIsNamed) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path / "data") << "x";
  EXPECT_THAT(open_error(directory.path / "data"), ::testing::HasSubstr("cannot be made"));
}

TEST(RocksStore, SyncedWritesSurvive) {
  const TemporaryDirectory directory;
  {
    const auto store = open_rocksdb_store({.directory = directory.path, .sync = true}).value();
    EXPECT_TRUE(push(*store, {.folded = "f 1", .start_ns = kMonday * kNanosecondsPerSecond}));
  }
  const auto store = open_rocksdb_store({.directory = directory.path}).value();
  EXPECT_EQ(store->size().series, 1u);
}

}  // namespace
}  // namespace phlox::storage::testing
