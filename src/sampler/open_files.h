// Engine `read` keeps two files of each thread of its targets open.
#pragma once

namespace phlox::sampler {

// Lifts this process's limit of open files, usually 1,024, as far as it may. Programs that it
// starts later inherit that: start them before.
void allow_many_open_files();

}  // namespace phlox::sampler
