#include "api/source_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace phlox::api {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// A directory of sources, and a secret beside it.
class SourceDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / fmt::format("phlox-sources-{}", ::getpid());
    write(root_ / "secret.py", "secret\n");
    write(root_ / "sources/shop/app.py", "shop\n");
    write(root_ / "sources/app.py", "top\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string read(std::string_view file) const {
    const auto text = SourceDirectory::open(root_ / "sources").value().read(file);
    return text ? *text : "error: " + text.error().message();
  }

  fs::path root_;
};

TEST_F(SourceDirectoryTest, FindsTheLongestNameThatIsThere) {
  EXPECT_EQ(read("app.py"), "top\n");
  EXPECT_EQ(read("shop/app.py"), "shop\n");
  EXPECT_EQ(read("/srv/www/shop/app.py"), "shop\n");
  EXPECT_EQ(read("/srv/www/app.py"), "top\n");
  EXPECT_EQ(read("//app.py"), "top\n");
  EXPECT_EQ(read("none.py"), "error: the source directory has no none.py");
  EXPECT_EQ(read((root_ / "secret.py").string()),
            fmt::format("error: the source directory has no {}", (root_ / "secret.py").string()));
}

TEST_F(SourceDirectoryTest, NothingLeadsOut) {
  fs::create_symlink(root_ / "secret.py", root_ / "sources/absolute.py");
  fs::create_symlink("../secret.py", root_ / "sources/relative.py");
  fs::create_symlink("..", root_ / "sources/up");
  fs::create_symlink("shop/app.py", root_ / "sources/inside.py");
  EXPECT_EQ(read("inside.py"), "shop\n") << "a link that stays below is followed";
  for (const std::string file : {"absolute.py", "relative.py", "up/secret.py", "../secret.py",
                                 "shop/../../secret.py", "/proc/self/environ", "..", "/", "."}) {
    EXPECT_TRUE(read(file).starts_with("error: ")) << file;
  }
  EXPECT_TRUE(read(std::string("app.py\0x", 8)).starts_with("error: "));
}

TEST_F(SourceDirectoryTest, RefusesWhatIsNoText) {
  write(root_ / "sources/large.py", std::string(kMaxSourceBytes + 1, 'x'));
  write(root_ / "sources/exact.py", std::string(kMaxSourceBytes, 'x'));
  write(root_ / "sources/module.so", std::string("\x7f"
                                                 "ELF\0\xff",
                                                 6));
  ASSERT_EQ(::mkfifo((root_ / "sources/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("exact.py").size(), kMaxSourceBytes);
  EXPECT_EQ(read("large.py"),
            fmt::format("error: large.py is larger than {} bytes", kMaxSourceBytes));
  EXPECT_EQ(read("module.so"), "error: module.so is no text in UTF-8");
  EXPECT_EQ(read("pipe"), "error: pipe is no file");
  EXPECT_EQ(read("shop"), "error: shop is no file");
}

}  // namespace
}  // namespace phlox::api
