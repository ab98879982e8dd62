#include "push/parcel_queue.h"

#include <ranges>

namespace phlox::push {

void ParcelQueue::append(Parcel parcel) {
  bytes_ += parcel.push_request.size();
  parcels_.push_back(std::move(parcel));
}

void ParcelQueue::put_back(std::vector<Parcel> parcels) {
  for (Parcel& parcel : parcels | std::views::reverse) {
    bytes_ += parcel.push_request.size();
    parcels_.push_front(std::move(parcel));
  }
}

std::vector<Parcel> ParcelQueue::take_batch(std::size_t max_bytes) {
  std::vector<Parcel> batch;
  std::size_t batch_bytes = 0;
  while (!parcels_.empty()) {
    Parcel& next = parcels_.front();
    const bool fits = batch_bytes + next.push_request.size() <= max_bytes && !next.alone;
    if (!batch.empty() && (!fits || batch.front().alone)) break;
    batch_bytes += next.push_request.size();
    batch.push_back(std::move(next));
    parcels_.pop_front();
  }
  bytes_ -= batch_bytes;
  return batch;
}

void ParcelQueue::drop_oldest() {
  bytes_ -= parcels_.front().push_request.size();
  parcels_.pop_front();
}

std::string join(const std::vector<Parcel>& parcels) {
  std::string request;
  for (const Parcel& parcel : parcels) request += parcel.push_request;
  return request;
}

}  // namespace phlox::push
