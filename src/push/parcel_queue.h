// ParcelQueue: encoded profiles in the order in which they came, cut into requests. Plain data; its
// owner locks.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace phlox::push {

struct Parcel {
  std::string push_request;  // of this one profile
  bool alone = false;        // was in a batch that the server refused: must not spoil another
};

class ParcelQueue {
 public:
  void append(Parcel parcel);
  // Back to the front, in their order.
  void put_back(std::vector<Parcel> parcels);
  // The oldest ones that fit a request of max_bytes together; at least one, and one `alone` by
  // itself. Not empty unless the queue is.
  std::vector<Parcel> take_batch(std::size_t max_bytes);
  void drop_oldest();

  std::size_t size() const { return parcels_.size(); }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return parcels_.empty(); }

 private:
  std::deque<Parcel> parcels_;
  std::size_t bytes_ = 0;
};

// The request that holds all of them.
std::string join(const std::vector<Parcel>& parcels);

}  // namespace phlox::push
