// What kind of code a function is and to which module it belongs, told from the names that formats
// carry: neither pprof nor folded stacks have a field for them.
#pragma once

#include <string_view>

#include "profile/symbols.h"

namespace phlox::profile {

// name "[between samples]" is synthetic; mapping "[kernel.kallsyms]" is kernel; a .py file or a
// name in <> is python; a mapping is native; nothing known is python.
FunctionKind kind_of(std::string_view name, std::string_view file, std::string_view mapping);

// Python: the package below site-packages or the standard library, else the file's directory or
// stem:
//   /usr/lib/python3/dist-packages/flask/app.py -> flask     /usr/lib/python3.11/json/decoder.py ->
//   json /srv/shop/shop.py -> shop                                mapping /usr/lib/libz.so.1 ->
//   libz.so.1
// A view into one of the arguments.
std::string_view module_of(std::string_view file, std::string_view mapping);

}  // namespace phlox::profile
