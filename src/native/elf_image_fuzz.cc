// A file that anybody may have mapped: the input is an ELF file as it lies in memory, with symbols,
// packed symbols and rules of unwinding that are whatever the input makes of them. What is said of
// an address is bounded, holds for that address, and is the same when asked again. The input is
// also the stack that is unwound, and read as the kernel's list of symbols.
#include "native/elf_image.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "native/kernel_symbols.h"

namespace {

using namespace phlox;
using native::StackCopy;

constexpr std::uint64_t kStackFrom = 0x7000'0000;
constexpr std::size_t kPlaces = 64;

void check_row(const native::UnwindRow& row, std::uint64_t address, const StackCopy& stack) {
  PHLOX_CHECK(row.start <= address && address < row.end);
  native::Registers registers;
  registers.fill(kStackFrom + address % (stack.bytes.size() + 1));
  const auto cfa = row.cfa(registers, stack);
  PHLOX_CHECK(cfa == row.cfa(registers, stack));
  if (cfa) PHLOX_CHECK(row.caller(registers, *cfa, stack) == row.caller(registers, *cfa, stack));
  registers.fill(std::nullopt);
  if (const auto without = row.cfa(registers, {})) row.caller(registers, *without, {});
}

void check_address(native::ElfImage& image, native::Functions& functions, std::uint64_t address,
                   const StackCopy& stack) {
  const native::FunctionId function = image.function_at(address, functions);
  PHLOX_CHECK(!functions[function].name.empty() || !functions[function].module.empty());
  PHLOX_CHECK(functions[function].name.size() <= native::kMaxNameChars);
  PHLOX_CHECK(image.function_at(address, functions) == function);
  const native::UnwindRow* row = image.row_at(address);
  if (row != nullptr) check_row(*row, address, stack);
  PHLOX_CHECK((image.row_at(address) != nullptr) == (row != nullptr));
}

void check_kernel_symbols(std::string_view text) {
  const auto symbols = native::KernelSymbols::parse(text);
  for (std::uint64_t address = 1; address != 0; address *= 2)
    PHLOX_CHECK(!symbols.function_at(address).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  check_kernel_symbols(bytes);
  const StackCopy stack{kStackFrom, std::as_bytes(std::span(data, size))};
  const auto image = native::ElfImage::of(bytes, "fuzz");
  if (!image) return 0;
  native::Functions functions;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const std::uint64_t offset = i * size / kPlaces;
    check_address(**image, functions, offset, stack);
    if (const auto address = (*image)->address_of_offset(offset))
      check_address(**image, functions, *address, stack);
  }
  return 0;
}
