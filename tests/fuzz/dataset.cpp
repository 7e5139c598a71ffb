// A data set's files: the first byte says which form, the rest is the files, with a line "====="
// between them.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <unordered_set>

#include "ctl/files/read_dataset.h"
#include "fuzz/must.h"

using namespace marquee::ctl;  // NOLINT(google-build-using-namespace): a program of its own

namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
  Folder() {
    path /= "marquee-fuzz-" + std::to_string(getpid());
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

constexpr const char* kForms[][3] = {
    {"movies.csv", "ratings.csv", "links.csv"},
    {"movies.dat", "ratings.dat", nullptr},
    {"u.item", "u.data", nullptr},
    {"movies.jsonl", "ratings.jsonl", nullptr},
    {"movies_metadata.csv", "ratings_small.csv", "links_small.csv"}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  if (size == 0) return 0;
  auto rest = TextOf(data + 1, size - 1);
  constexpr std::string_view kBetween = "\n=====\n";
  for (const auto& entry : std::filesystem::directory_iterator(folder.path))
    std::filesystem::remove(entry);
  for (const char* name : kForms[data[0] % std::size(kForms)]) {
    if (name == nullptr) break;
    const auto end = std::min(rest.find(kBetween), rest.size());
    std::ofstream(folder.path / name, std::ios::binary) << rest.substr(0, end);
    rest.remove_prefix(std::min(end + kBetween.size(), rest.size()));
  }
  ReadOptions options;
  options.now = marquee::Time{std::chrono::seconds{1'700'000'000}};
  options.rated_at = 0;
  std::uint64_t rejects = 0;
  const auto read = ReadDataset(
      folder.path,
      [&](const Reject& reject) {
        MUST(!reject.file.empty() && !reject.reason.empty());
        ++rejects;
      },
      {}, options);
  if (!read.ok()) {
    MUST(!read.error().message.empty() && !read.error().reason.empty());
    return 0;
  }
  std::unordered_set<std::int64_t> movies;
  for (const auto& movie : read->movies) MUST(movies.insert(movie.id).second);
  for (const auto& rating : read->ratings)
    MUST(movies.contains(rating.movie_id) && rating.value >= 0.5F && rating.value <= 5.0F &&
         rating.timestamp >= 0);
  MUST(read->report.ratings.taken <= read->report.ratings.rows);
  MUST(read->report.movies.taken <= read->report.movies.rows);
  std::uint64_t counted = 0;
  for (const auto& [reason, count] : read->report.rejected) counted += count;
  MUST(counted == rejects);
  return 0;
}
