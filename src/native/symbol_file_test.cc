#include "native/symbol_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libelf.h>
#include <lzma.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "native/elf_image.h"

namespace phlox::native {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCode =
    "__attribute__((noinline, noclone)) static int hidden(int x) { return x * x + 1; }\n"
    "int seen(int x) { return hidden(x) + 2; }\n";

// A library of two functions, of which only one is for others, in a root directory of its own:
// ROOT/lib/code.so and, as yet outside of it, code.so.debug with all symbols.
class SymbolFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "phlox-symbols-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    fs::create_directories(root() / "lib");
    std::ofstream(directory_ / "code.c") << kCode;
    run("cc -O2 -fPIC -shared -Wl,--build-id -o root/lib/code.so code.c");
    hidden_ = find_function("hidden");
    seen_ = find_function("seen");
    ASSERT_NE(hidden_, 0u);
    ASSERT_NE(seen_, 0u);
    run("objcopy --only-keep-debug root/lib/code.so code.so.debug");
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path root() const { return directory_ / "root"; }

  void run(const std::string& command) const {
    const std::string line = fmt::format("cd '{}' && {}", directory_.string(), command);
    ASSERT_EQ(std::system(line.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
  }
  void strip(const std::string& options = "") const {
    run("strip " + options + " root/lib/code.so");
  }

  std::unique_ptr<ElfImage> open() const {
    UniqueFd file(::open((root() / "lib/code.so").c_str(), O_RDONLY | O_CLOEXEC));
    auto image = ElfImage::open(std::move(file), "code.so",
                                {.roots = {root().string()}, .path = "/lib/code.so"});
    return image ? std::move(*image) : nullptr;
  }

  std::uint64_t find_function(std::string_view name) const {
    Functions functions;
    const auto image = open();
    for (std::uint64_t address = 0; address < 0x4000; ++address)
      if (functions[image->function_at(address, functions)].name == name) return address;
    return 0;
  }

  std::string name_at(std::uint64_t address) const {
    Functions functions;
    return functions[open()->function_at(address, functions)].name;
  }

  void expect_names() const {
    EXPECT_EQ(name_at(hidden_), "hidden");
    EXPECT_EQ(name_at(seen_), "seen");
  }
  void expect_no_names() const {
    EXPECT_TRUE(name_at(hidden_).starts_with("code.so+0x")) << name_at(hidden_);
    EXPECT_EQ(name_at(seen_), "seen");
  }

  void move_debug_file(const std::string& to) const {
    fs::create_directories((root() / to).parent_path());
    fs::rename(directory_ / "code.so.debug", root() / to);
  }

  std::string build_id_path() const {
    run("readelf -n code.so.debug | sed -n 's/.*Build ID: //p' > id");
    std::string id;
    std::ifstream(directory_ / "id") >> id;
    return fmt::format("usr/lib/debug/.build-id/{}/{}.debug", id.substr(0, 2), id.substr(2));
  }

  // The symbols that .dynsym has not, as distributions pack them.
  void embed(std::size_t cut_to = SIZE_MAX) const {
    run("objcopy -S --keep-symbol=hidden code.so.debug mini");
    std::ifstream file(directory_ / "mini", std::ios::binary);
    const std::string plain{std::istreambuf_iterator<char>(file), {}};
    std::string packed(lzma_stream_buffer_bound(plain.size()), '\0');
    std::size_t size = 0;
    ASSERT_EQ(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, nullptr,
                                      reinterpret_cast<const std::uint8_t*>(plain.data()),
                                      plain.size(), reinterpret_cast<std::uint8_t*>(packed.data()),
                                      &size, packed.size()),
              LZMA_OK);
    packed.resize(std::min(size, cut_to));
    std::ofstream(directory_ / "mini.xz", std::ios::binary) << packed;
    run("objcopy --add-section .gnu_debugdata=mini.xz root/lib/code.so");
  }

  fs::path directory_;
  std::uint64_t hidden_ = 0;
  std::uint64_t seen_ = 0;
};

TEST_F(SymbolFileTest, WithoutOneOnlyExportedFunctionsHaveNames) {
  expect_names();
  strip();
  expect_no_names();
}

TEST_F(SymbolFileTest, IsFoundByTheBuildId) {
  strip();
  move_debug_file(build_id_path());
  expect_names();
}

TEST_F(SymbolFileTest, OfAnotherBuildIsNotTaken) {
  strip();
  const std::string path = build_id_path();
  std::ofstream(directory_ / "code.c") << kCode << "int third(int x) { return seen(x) * 3; }\n";
  run("cc -O2 -fPIC -shared -Wl,--build-id -o code.so.debug code.c");
  move_debug_file(path);
  expect_no_names();
}

TEST_F(SymbolFileTest, IsFoundByTheLinkInEachOfItsDirectories) {
  for (const std::string directory : {"lib", "lib/.debug", "usr/lib/debug/lib"}) {
    run("cc -O2 -fPIC -shared -Wl,--build-id=none -o root/lib/code.so code.c");
    run("objcopy --only-keep-debug root/lib/code.so code.so.debug");
    strip();
    run("objcopy --add-gnu-debuglink=code.so.debug root/lib/code.so");
    expect_no_names();
    move_debug_file(directory + "/code.so.debug");
    expect_names();
    fs::remove(root() / directory / "code.so.debug");
  }
}

TEST_F(SymbolFileTest, WithAnotherCheckSumIsNotTaken) {
  run("cc -O2 -fPIC -shared -Wl,--build-id=none -o root/lib/code.so code.c");
  run("objcopy --only-keep-debug root/lib/code.so code.so.debug");
  strip();
  run("objcopy --add-gnu-debuglink=code.so.debug root/lib/code.so");
  run("printf x >> code.so.debug");
  move_debug_file("lib/code.so.debug");
  expect_no_names();
}

TEST_F(SymbolFileTest, InTheFileItselfIsUnpacked) {
  strip();
  embed();
  expect_names();
}

TEST_F(SymbolFileTest, DamagedOnesAreNotTaken) {
  for (const unsigned bytes : {0u, 1u, 12u, 100u}) {
    run("cc -O2 -fPIC -shared -o root/lib/code.so code.c");
    strip();
    embed(bytes);
    expect_no_names();
  }
}

}  // namespace
}  // namespace phlox::native
