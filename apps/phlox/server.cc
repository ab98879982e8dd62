// phlox server: executes the file phlox-server beside this one, which alone links what only a
// server needs.
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "commands.h"

namespace phlox {

Error execute_server(const std::vector<std::string>& arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Error::io("find the file of this program: {}", error.message());
  const std::string server = self.parent_path() / "phlox-server";
  std::vector<char*> words = {const_cast<char*>(server.c_str())};  // exec does not write to them
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(server.c_str(), words.data());
  if (errno == ENOENT)
    return Error::not_found("there is no {}; install the server beside phlox", server);
  return Error::from_errno(errno, fmt::format("cannot run {}", server));
}

void add_server(CommandLine& line) {
  // For the list of commands in the help: main() hands `phlox server` over before options are
  // parsed, since they are the server's own.
  line.app.add_subcommand("server", "Take profiles in, store them, answer queries, show the page");
}

}  // namespace phlox
