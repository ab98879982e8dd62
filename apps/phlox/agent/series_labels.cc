#include "agent/series_labels.h"

#include <limits.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace phlox::agent {
namespace {

constexpr std::string_view kHost = "host";
constexpr std::string_view kWorker = "worker";

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

// What follows the interpreter: CPython's own options, of which some take a value, then a script,
// or -m and a module, or -c and a program.
std::string_view script_of(std::span<const std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with('-')) return base_name(argument);
    if (argument == "-" || argument.starts_with("-c")) return "";
    if (argument == "-m") return i + 1 < arguments.size() ? arguments[i + 1] : std::string_view();
    const bool takes_value =
        argument == "-X" || argument == "-W" || argument == "--check-hash-based-pycs";
    if (takes_value) ++i;
  }
  return "";
}

}  // namespace

Result<profile::Labels> agent_labels(std::string_view service,
                                     std::span<const profile::Labels::Pair> users) {
  std::vector<profile::Labels::Pair> pairs(users.begin(), users.end());
  pairs.emplace_back(profile::kServiceName, service);
  bool names_host = false;
  for (const auto& [name, value] : users) {
    if (name == profile::kProfileName || name == kWorker)
      return Error::invalid("label '{}' is set by phlox itself; choose another name", name);
    names_host = names_host || name == kHost;
  }
  if (!names_host) pairs.emplace_back(kHost, host_name());
  return profile::Labels::from_pairs(std::move(pairs));
}

profile::Labels profile_labels(const profile::Labels& agent, std::string_view profile_name,
                               int worker) {
  profile::Labels labels = agent;
  labels.set(profile::kProfileName, profile_name);
  labels.set(kWorker, std::to_string(worker));
  return labels;
}

std::string default_service_name(std::span<const std::string> command) {
  if (command.empty()) return std::string(profile::kUnknownService);
  const std::string_view program = base_name(command[0]);
  const std::string_view script =
      program.starts_with("python") ? script_of(command.subspan(1)) : std::string_view();
  return std::string(script.empty() ? program : script);
}

}  // namespace phlox::agent
