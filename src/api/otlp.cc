// OTLP, as OpenTelemetry's collector and eBPF profiler send it. POST /v1development/profiles: over
// HTTP, protobuf or JSON; errors are google.rpc.Status in the form of the request. The method
// Export of its ProfilesService: over gRPC.
#include <google/protobuf/util/json_util.h>

#include "api/connect.h"
#include "api/otlp_profiles.h"
#include "api/pushed_profiles.h"
#include "api/routes.h"
#include "base/utf8.h"

namespace phlox::api {
namespace {

using http::ServerRequest;
using http::ServerResponse;
using Request = otlp::v1::ExportProfilesServiceRequest;

enum class Form { kProtobuf, kJson, kOther };

Form form_of(const ServerRequest& request) {
  std::string_view type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  if (http::equal_ignoring_case(type, "application/x-protobuf")) return Form::kProtobuf;
  if (http::equal_ignoring_case(type, "application/json")) return Form::kJson;
  return Form::kOther;
}

ServerResponse in_form(Form form, const google::protobuf::Message& message, int status) {
  ServerResponse response{.status = status};
  if (form == Form::kProtobuf) {
    response.content_type = "application/x-protobuf";
    message.SerializeToString(&response.body);
  } else {
    response.content_type = "application/json";
    static_cast<void>(google::protobuf::util::MessageToJsonString(message, &response.body));
  }
  return response;
}

ServerResponse refusal(Form form, int http_status, std::int32_t code, const std::string& message) {
  otlp::v1::Status status;
  status.set_code(code);
  status.set_message(message);
  return in_form(form, status, http_status);
}

Result<Request> parse(Form form, const std::string& body) {
  Request request;
  if (form == Form::kProtobuf) {
    PHLOX_TRY(parse_protobuf(body, request));
    return request;
  }
  if (const std::size_t good = utf8_prefix(body); good != body.size())
    return Error::corrupt("the body is not UTF-8 at byte {}", good);
  // What the layout does not have must not be passed over, so unknown fields are errors here.
  const auto status = google::protobuf::util::JsonStringToMessage(body, &request);
  if (!status.ok())
    return Error::corrupt("the body is not an ExportProfilesServiceRequest in JSON: {}",
                          status.ToString());
  return request;
}

Result<> store(Service& service, const Request& request) {
  PHLOX_TRY(auto profiles, read_otlp(request));
  PushedProfiles pushed(service);
  for (OtlpProfile& one : profiles)
    PHLOX_TRY(pushed.add(std::move(one.profile), one.name, one.labels, one.id));
  return pushed.write();
}

ServerResponse export_profiles(Service& service, const ServerRequest& request) {
  constexpr std::int32_t kInvalidArgument = 3;  // google.rpc.Code
  constexpr std::int32_t kUnavailable = 14;
  const Form form = form_of(request);
  if (form == Form::kOther)
    return refusal(form, 415, kInvalidArgument,
                   "Content-Type must be application/x-protobuf or application/json");
  // 503 and not 507: the only answer of the two that exporters retry.
  if (const auto room = service.store.check_room(); !room) {
    service.metrics.add_rejected("disk_full");
    return refusal(form, 503, kUnavailable, room.error().message());
  }
  const auto stored = [&]() -> Result<> {
    PHLOX_TRY(const Request message, parse(form, request.body));
    return store(service, message);
  }();
  if (!stored) {
    service.metrics.add_rejected(reason_of(stored.error()));
    const bool is_ours = stored.error().kind() == Error::Kind::kIo;
    return refusal(form, is_ours ? 503 : 400, is_ours ? kUnavailable : kInvalidArgument,
                   stored.error().message());
  }
  return in_form(form, otlp::v1::ExportProfilesServiceResponse(), 200);
}

// As the method of gRPC has it: protobuf only, since JSON of another layout would pass unseen here.
ServerResponse call_export(Service& service, const ServerRequest& request) {
  if (is_json(request))
    return http::error_response(415, "invalid_argument", "send JSON to /v1development/profiles");
  if (auto refusal_of_all = refuse_without_room(service)) return *std::move(refusal_of_all);
  return connect_call<Request, otlp::v1::ExportProfilesServiceResponse>(
      request, [&](const Request& message, otlp::v1::ExportProfilesServiceResponse&) -> Result<> {
        Result<> stored = store(service, message);
        if (stored) return stored;
        service.metrics.add_rejected(reason_of(stored.error()));
        // UNAVAILABLE, which exporters send again, is what kGone stands for.
        if (stored.error().kind() == Error::Kind::kIo)
          return Error::gone("{}", stored.error().message());
        return stored;
      });
}

}  // namespace

void add_otlp(http::Router& router, Service& service) {
  router.add("POST", "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
             http::Lane::kIngest,
             [&service](const ServerRequest& request) { return call_export(service, request); });
  router.add(
      "POST", "/v1development/profiles", http::Lane::kIngest,
      [&service](const ServerRequest& request) { return export_profiles(service, request); });
}

}  // namespace phlox::api
