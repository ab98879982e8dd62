// Runs a fuzz target without libFuzzer, as an ordinary test: every seed, its cuts, and random
// changes of the seeds, the same in each run. For long runs with coverage guidance: make fuzz.
//
//     TARGET SEED_DIRECTORY RUNS
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()),
                         input.size());  // NOLINT(*-reinterpret-cast)
}

std::vector<std::string> read_seeds(const char* directory) {
  std::vector<std::string> seeds = {""};
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

// A few bytes flipped, put in, taken out, or copied from elsewhere.
std::string changed(std::string input, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit)(random);
  };
  for (std::size_t changes = below(4) + 1; changes > 0; --changes) {
    const std::size_t at = below(input.size());
    switch (below(3)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(below(255));
        break;
      case 1:
        input.insert(at, 1, static_cast<char>(below(255)));
        break;
      case 2:
        input.erase(at, below(8));
        break;
      default:
        input.insert(at, input.substr(below(input.size()), below(16)));
        break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::vector<std::string> seeds = read_seeds(argv[1]);
  for (const std::string& seed : seeds) {
    for (std::size_t size = 0; size <= seed.size(); ++size) run(seed.substr(0, size));
  }
  std::mt19937 random(42);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
  const long runs = std::strtol(argv[2], nullptr, 10);
  std::uniform_int_distribution<std::size_t> pick(0, seeds.size() - 1);
  for (long i = 0; i < runs; ++i) run(changed(seeds[pick(random)], random));
  std::printf("%ld inputs\n", runs);
}
