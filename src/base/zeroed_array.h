// ZeroedArray: an array of a fixed size whose elements begin as 0 bytes, and whose memory the
// kernel hands out page by page where one is touched: a large one that is used here and there costs
// what is used of it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace phlox {

template <class T>
  requires std::is_trivially_default_constructible_v<T> && std::is_trivially_copyable_v<T>
class ZeroedArray {
 public:
  ZeroedArray() = default;
  explicit ZeroedArray(std::size_t size)
      : elements_(static_cast<T*>(std::calloc(size, sizeof(T)))), size_(size) {
    if (elements_ == nullptr && size > 0) throw std::bad_alloc();
  }

  std::size_t size() const { return size_; }
  T* data() { return elements_.get(); }
  T& operator[](std::size_t i) { return elements_.get()[i]; }
  const T& operator[](std::size_t i) const { return elements_.get()[i]; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> elements_;  // the first of them
  std::size_t size_ = 0;
};

}  // namespace phlox
