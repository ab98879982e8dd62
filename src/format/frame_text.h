// Frames as text: "name (file:line)", or a name alone. Folded stacks join them by ';', root first.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "profile/symbols.h"

namespace phlox::format {

// What does not look like "name (file:line)" is a name as a whole.
profile::FrameId intern_frame_text(profile::Symbols& symbols, std::string_view text);
// The same, its parts known. `mapping` is the file that native code lies in.
profile::FrameId intern_frame(profile::Symbols& symbols, std::string_view name,
                              std::string_view file, std::uint32_t line,
                              std::string_view mapping = {});
// "/srv/app.py:Class.method:4", as austin and CPython's own sampler write them; a line below 0 is
// unknown. A file may hold a ':', a function of Python does not. kInvalid for anything else.
Result<profile::FrameId> intern_colon_frame(profile::Symbols& symbols, std::string_view text);
// "main;foo (app.py:10)": kInvalid for an empty frame.
Result<profile::StackId> intern_stack_text(profile::Symbols& symbols, std::string_view text);

}  // namespace phlox::format
