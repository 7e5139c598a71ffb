// import: a data set's movies into the catalogue, then its ratings through Kafka, then a wait until
// they are applied.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "ctl/app/commands.h"
#include "ctl/clients/bulk.h"
#include "ctl/clients/rest.h"
#include "ctl/domain/dataset.h"
#include "ctl/files/read_dataset.h"
#include "ctl/terminal/terminal.h"
#include "rpc/client.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

// Opened when the first reject comes, so that a clean import leaves no empty file.
class RejectFile {
 public:
  explicit RejectFile(std::filesystem::path path) : path_(std::move(path)) {}
  void Add(const Reject& reject) {
    if (!file_.is_open()) {
      file_.open(path_, std::ios::trunc);
      file_ << "file\tline\treason\tdetail\n";
    }
    std::string detail = reject.detail;
    std::replace(detail.begin(), detail.end(), '\t', ' ');
    file_ << reject.file << '\t' << reject.line << '\t' << reject.reason << '\t' << detail << '\n';
  }
  bool used() const { return file_.is_open(); }
  bool good() { return !used() || !file_.flush().fail(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

// How many of the messages are applied, by the partitions' offsets.
std::int64_t Missing(const std::vector<PartitionOffset>& wanted, const IngestStatus& status) {
  std::int64_t missing = 0;
  for (const auto& partition : wanted) {
    const auto index = static_cast<std::size_t>(partition.partition);
    const std::int64_t next = index < status.next_offsets.size() ? status.next_offsets[index] : 0;
    missing += std::max<std::int64_t>(0, partition.end_offset - next);
  }
  return missing;
}

struct Applied {
  IngestStatus status;
  double seconds = 0;
};

// Polls until the writer has passed the offsets. Gives up when nothing moves for a minute.
Result<Applied> WaitUntilApplied(const Context& context, RestClient& rest,
                                 const std::shared_ptr<grpc::Channel>& ratings,
                                 const std::vector<PartitionOffset>& wanted, std::int64_t rows) {
  ProgressBar bar("Ratings applied", rows, context.quiet);
  const auto started = std::chrono::steady_clock::now();
  auto moved = started;
  std::int64_t least = -1;
  for (;;) {
    ASSIGN_OR_RETURN(const std::string bearer, rest.AccessToken());
    auto status = GetIngestStatus(ratings, bearer);
    const auto now = std::chrono::steady_clock::now();
    if (status.ok()) {
      const std::int64_t missing = Missing(wanted, *status);
      bar.Set(std::max<std::int64_t>(0, rows - missing));
      if (missing == 0) {
        bar.Finish();
        return Applied{std::move(*status), std::chrono::duration<double>(now - started).count()};
      }
      if (least < 0 || missing < least) {
        least = missing;
        moved = now;
      }
    }
    if (now - moved > std::chrono::minutes{1}) {
      return status.ok() ? Error::Unavailable("writer_stalled",
                                              "Kafka has every rating, but the writer has applied "
                                              "none for a minute: look at rating-ingest's log.")
                         : status.error();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
}

}  // namespace

int Import(const Context& context, const ImportFlags& flags) {
  RestClient rest(context.server, context.credentials_file);
  const auto bearer = rest.AccessToken();
  if (!bearer.ok()) return Fail(context, bearer.error());

  std::filesystem::path rejects_path = flags.rejects;
  if (rejects_path.empty()) {
    rejects_path = "marquee-rejects-" +
                   std::filesystem::absolute(flags.data).lexically_normal().filename().string() +
                   ".tsv";
  }
  RejectFile rejects(rejects_path);
  ProgressBar reading("Reading", 100, context.quiet);
  const auto dataset = ReadDataset(
      flags.data, [&](const Reject& reject) { rejects.Add(reject); },
      [&](double share) { reading.Set(static_cast<std::int64_t>(share * 100)); });
  reading.Finish();
  if (!dataset.ok()) return Fail(context, dataset.error());
  if (!rejects.good()) {
    return Fail(context,
                Error::Unavailable("write_failed", "Can't write " + rejects.path().string() +
                                                       ": --rejects names another file."));
  }

  const auto movie_count = static_cast<std::int64_t>(dataset->movies.size());
  ProgressBar movies_bar("Movies", movie_count, context.quiet);
  const auto movies = SendMovies(rpc::MakeChannel(context.catalog_address), *bearer,
                                 dataset->movies, [&](std::int64_t sent) { movies_bar.Set(sent); });
  movies_bar.Finish();
  if (!movies.ok()) return Fail(context, movies.error());

  const auto rating_count = static_cast<std::int64_t>(dataset->ratings.size());
  const auto ratings_channel = rpc::MakeChannel(context.ratings_address);
  ProgressBar ratings_bar("Ratings into Kafka", rating_count, context.quiet);
  const auto started = std::chrono::steady_clock::now();
  const auto offsets = SendRatings(ratings_channel, *bearer, dataset->ratings,
                                   [&](std::int64_t sent) { ratings_bar.Set(sent); });
  ratings_bar.Finish();
  if (!offsets.ok()) return Fail(context, offsets.error());
  const double kafka_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();

  json value{{"format", dataset->format},
             {"movies",
              {{"lines", dataset->report.movie_lines},
               {"inserted", movies->inserted},
               {"updated", movies->updated},
               {"unchanged", movies->unchanged}}},
             {"ratings",
              {{"lines", dataset->report.rating_lines},
               {"accepted", rating_count},
               {"kafka_seconds", kafka_seconds},
               {"kafka_rows_per_second",
                static_cast<double>(rating_count) / std::max(kafka_seconds, 1e-9)}}},
             {"rejected", dataset->report.rejected}};
  std::string text =
      Table({"", "lines", "taken", ""},
            {{"movies", Grouped(static_cast<std::int64_t>(dataset->report.movie_lines)),
              Grouped(movie_count),
              fmt::format("{} new, {} changed, {} as before", Grouped(movies->inserted),
                          Grouped(movies->updated), Grouped(movies->unchanged))},
             {"ratings", Grouped(static_cast<std::int64_t>(dataset->report.rating_lines)),
              Grouped(rating_count),
              fmt::format("{} rows/s into Kafka",
                          Grouped(static_cast<std::int64_t>(static_cast<double>(rating_count) /
                                                            std::max(kafka_seconds, 1e-9))))}});
  if (!dataset->report.rejected.empty()) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [reason, count] : dataset->report.rejected) {
      rows.push_back({reason, Grouped(static_cast<std::int64_t>(count))});
    }
    text += "\n" + Table({"left out", "lines"}, rows) +
            "Each with its file and line: " + rejects.path().string() + "\n";
    value["rejects_file"] = rejects.path().string();
  }
  if (flags.wait) {
    const auto applied = WaitUntilApplied(context, rest, ratings_channel, *offsets, rating_count);
    if (!applied.ok()) return Fail(context, applied.error());
    value["ratings"]["applied_seconds"] = applied->seconds;
    value["ratings"]["stored"] = applied->status.rating_count;
    text +=
        fmt::format("\nPostgreSQL holds {} ratings now.\n", Grouped(applied->status.rating_count));
  }
  return Show(context, value, text);
}

}  // namespace marquee::ctl
