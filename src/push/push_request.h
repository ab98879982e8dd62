// The body of push.v1.PusherService/Push, in pieces: a PushRequest is a list of series, and a list
// in protobuf is the concatenation of its entries. So each profile is encoded once, as a request of
// one series, and a batch is those bytes behind each other.
//
//     PushRequest       { repeated RawProfileSeries series [1] }
//     RawProfileSeries  { repeated LabelPair labels [1]; repeated RawSample samples [2] }
//     LabelPair         { string name [1]; string value [2] }
//     RawSample         { bytes raw_profile [1]; string ID [2] }     raw_profile: gzipped pprof
#pragma once

#include <string>
#include <string_view>

#include "profile/labels.h"

namespace phlox::push {

// A whole PushRequest of one series with one profile.
std::string encode_push_request(const profile::Labels& labels, std::string_view gzipped_pprof,
                                std::string_view id);

// A random UUID (RFC 4122, version 4): "1b4e28ba-2fa1-41d2-883f-0016d3cca427".
std::string random_uuid();

}  // namespace phlox::push
