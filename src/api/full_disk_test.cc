// What pushes are answered while the disk is full: with when to try again, over each protocol.
#include <gtest/gtest.h>

#include <filesystem>

#include "api/routes.h"
#include "storage/rocksdb_store.h"

namespace phlox::api {
namespace {

class FullDisk : public testing::Test {
 protected:
  ~FullDisk() override { std::filesystem::remove_all(directory_); }

  http::ServerResponse post(std::string path, std::string content_type) {
    return router_.answer({.method = "POST",
                           .path = std::move(path),
                           .query = {},
                           .headers = {{"Content-Type", std::move(content_type)}},
                           .body = ""});
  }
  static std::string header(const http::ServerResponse& response, std::string_view name) {
    for (const auto& field : response.headers)
      if (field.name == name) return field.value;
    return "";
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) / fmt::format("full-disk-{}", ::getpid());
  const std::unique_ptr<storage::Store> store_ =
      storage::open_rocksdb_store(
          {.directory = directory_,
           .retention = {},
           .disk_space = [](const auto&) { return storage::DiskSpace{0, 1'000'000'000}; }})
          .value();
  Metrics metrics_;
  Service service_{.store = *store_, .metrics = metrics_};
  const http::Router router_ = make_router(service_);
};

TEST_F(FullDisk, CallsSayWhenToTryAgain) {
  for (const char* path :
       {"/push.v1.PusherService/Push",
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"}) {
    const auto refused = post(path, "application/proto");
    EXPECT_EQ(refused.status, 507) << path;
    EXPECT_EQ(header(refused, "Retry-After"), "60") << path;
    EXPECT_NE(refused.body.find("resource_exhausted"), std::string::npos) << refused.body;
  }
}

TEST_F(FullDisk, OtlpOverHttpIsAnsweredWhatItsExportersRetry) {
  EXPECT_EQ(post("/v1development/profiles", "application/x-protobuf").status, 503);
}

}  // namespace
}  // namespace phlox::api
