// POST /v1development/profiles: OTLP over HTTP, protobuf or JSON, as OpenTelemetry's collector and
// eBPF profiler send it. Errors are google.rpc.Status in the form of the request.
#include <google/protobuf/util/json_util.h>

#include "api/otlp_profiles.h"
#include "api/pushed_profiles.h"
#include "api/routes.h"

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
    if (!request.ParseFromString(body))
      return Error::corrupt("the body is not an ExportProfilesServiceRequest in protobuf");
    return request;
  }
  // What the layout does not have must not be passed over, so unknown fields are errors here.
  const auto status = google::protobuf::util::JsonStringToMessage(body, &request);
  if (!status.ok())
    return Error::corrupt("the body is not an ExportProfilesServiceRequest in JSON: {}",
                          status.ToString());
  return request;
}

Result<> store(Service& service, Form form, const std::string& body) {
  PHLOX_TRY(const Request request, parse(form, body));
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
  if (const auto stored = store(service, form, request.body); !stored) {
    service.metrics.add_rejected(reason_of(stored.error()));
    const bool is_ours = stored.error().kind() == Error::Kind::kIo;
    return refusal(form, is_ours ? 503 : 400, is_ours ? kUnavailable : kInvalidArgument,
                   stored.error().message());
  }
  return in_form(form, otlp::v1::ExportProfilesServiceResponse(), 200);
}

}  // namespace

void add_otlp(http::Router& router, Service& service) {
  router.add(
      "POST", "/v1development/profiles", http::Lane::kIngest,
      [&service](const ServerRequest& request) { return export_profiles(service, request); });
}

}  // namespace phlox::api
