// GET /status: how the server is, for a person, as HTML without scripts: what /metrics says for
// programs, of this moment.
#include <fmt/chrono.h>

#include "api/page_policy.h"
#include "api/routes.h"

namespace phlox::api {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:50em;padding:0 1em;"
    "color-scheme:light dark}table{border-collapse:collapse;margin:.5em 0 1.5em}"
    "th,td{text-align:left;padding:.15em 1.5em .15em 0;font-weight:normal}th{opacity:.7}"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin:0}";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9);
}

std::string since_text(std::int64_t unix_s) {
  return unix_s == 0 ? "the beginning" : fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(unix_s));
}

std::string uptime_text(Nanoseconds uptime) {
  const auto s = std::chrono::floor<std::chrono::seconds>(uptime).count();
  return fmt::format("{} d {} h {} min {} s", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

// A table; rows are appended cell by cell.
class Table {
 public:
  Table(std::string& out, std::string_view title) : out_(out) {
    out_ += fmt::format("<h2>{}</h2><table>\n", escaped(title));
  }
  ~Table() { out_ += "</table>\n"; }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  template <class... Cells>
  void row(std::string_view head, const Cells&... cells) {
    out_ += fmt::format("<tr><th>{}", escaped(head));
    ((out_ += fmt::format("<td>{}", escaped(fmt::format("{}", cells)))), ...);
    out_ += '\n';
  }

 private:
  std::string& out_;
};

void append_store(std::string& out, const storage::StoreSize& size, const Service& service) {
  {
    Table table(out, "Store");
    table.row("on disk", bytes_text(size.bytes_on_disk));
    table.row("free on the disk", bytes_text(size.free_bytes));
    table.row("series", size.series);
    table.row("stack nodes", size.stacks);
    table.row("retention", service.retention);
    table.row("backups", service.backups.empty() ? "off" : service.backups);
  }
  Table table(out, "Levels");
  for (std::size_t l = 0; l < storage::kLevelCount; ++l)
    table.row(storage::name_of(storage::level_at(l)), bytes_text(size.level_bytes[l]),
              "kept since " + since_text(size.horizons[l]));
}

void append_traffic(std::string& out, const Metrics& metrics) {
  const Metrics::Counts counts = metrics.counts();
  {
    Table table(out, "Traffic");
    table.row("profiles, last minute", fmt::format("{:.1f} a second", counts.profiles_per_second));
    table.row("requests, last minute", fmt::format("{:.1f} a second", counts.requests_per_second));
    table.row("profiles since the start", counts.written.stored);
    table.row("sent again, not counted", counts.written.duplicates);
    table.row("requests since the start", counts.requests);
    for (const auto& [reason, count] : counts.rejected) table.row("refused: " + reason, count);
  }
  Table table(out, "Being answered, or waiting for it");
  for (const auto& [protocol, load] :
       {std::pair("HTTP", &metrics.http_load), std::pair("gRPC", &metrics.grpc_load)}) {
    table.row(fmt::format("pushes, {}", protocol), load->of(http::Lane::kIngest).requests.load());
    table.row(fmt::format("queries, {}", protocol), load->of(http::Lane::kQuery).requests.load());
  }
  table.row("bytes of their bodies", bytes_text(metrics.http_load.body_bytes));
}

http::ServerResponse answer(const Service& service) {
  std::string body = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>phlox: status</title>"
      "<style>{}</style><h1>phlox server</h1>\n",
      kStyle);
  {
    Table table(body, "Server");
    table.row("up for", uptime_text(service.metrics.uptime()));
    const Result<> room = service.store.check_room();
    table.row("takes profiles", room ? "yes" : room.error().message());
  }
  append_traffic(body, service.metrics);
  append_store(body, service.store.size(), service);
  body +=
      "<p>The same for programs: <a href=\"/metrics\">/metrics</a>. All times are UTC.</html>\n";
  return {.content_type = "text/html; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Content-Security-Policy", std::string(kPagePolicy)},
                      {"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"}}};
}

}  // namespace

void add_status(http::Router& router, Service& service) {
  router.add("GET", "/status", http::Lane::kOperation,
             [&service](const http::ServerRequest&) { return answer(service); });
}

}  // namespace phlox::api
