#include "profile/labels.h"

#include <algorithm>

#include "base/utf8.h"

namespace phlox::profile {
namespace {

auto lower_bound(auto& pairs, std::string_view name) {
  return std::ranges::lower_bound(
      pairs, name, {}, [](const Labels::Pair& p) -> std::string_view { return p.first; });
}

// Enough of a name for a message.
std::string_view shortened(std::string_view text) { return text.substr(0, 64); }

Result<> check_pair(const Labels::Pair& pair) {
  const auto& [name, value] = pair;
  if (name.empty())
    return Error::invalid("a label has an empty name (value '{}')", shortened(value));
  if (!is_utf8(name) || !is_utf8(value)) return Error::invalid("a label is not UTF-8");
  if (name.size() > kMaxLabelNameBytes)
    return Error::limit("label '{}...': name of {} bytes, at most {}", shortened(name), name.size(),
                        kMaxLabelNameBytes);
  if (value.size() > kMaxLabelValueBytes)
    return Error::limit("label '{}': value of {} bytes, at most {}", name, value.size(),
                        kMaxLabelValueBytes);
  return {};
}

}  // namespace

Result<Labels> Labels::from_pairs(std::vector<Pair> pairs) {
  for (const Pair& pair : pairs) PHLOX_TRY(check_pair(pair));
  std::erase_if(pairs, [](const Pair& pair) { return pair.second.empty(); });
  std::ranges::sort(pairs);
  const auto twice = std::ranges::adjacent_find(pairs, {}, &Pair::first);
  if (twice != pairs.end()) return Error::invalid("label '{}' is given twice", twice->first);
  if (pairs.size() > kMaxLabels)
    return Error::limit("{} labels, at most {}", pairs.size(), kMaxLabels);
  Labels labels;
  labels.pairs_ = std::move(pairs);
  return labels;
}

std::string_view Labels::get(std::string_view name) const {
  const auto at = lower_bound(pairs_, name);
  return at != pairs_.end() && at->first == name ? std::string_view(at->second)
                                                 : std::string_view();
}

void Labels::set(std::string_view name, std::string_view value) {
  const auto at = lower_bound(pairs_, name);
  if (at != pairs_.end() && at->first == name) {
    at->second = value;
  } else {
    pairs_.emplace(at, name, value);
  }
}

void Labels::remove(std::string_view name) {
  std::erase_if(pairs_, [&](const Pair& pair) { return pair.first == name; });
}

std::string Labels::to_string() const {
  std::string out = "{";
  for (const auto& [name, value] : pairs_) {
    if (out.size() > 1) out += ',';
    out += name;
    out += "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
  }
  return out + "}";
}

}  // namespace phlox::profile
