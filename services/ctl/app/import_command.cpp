// import: a data set's movies into the catalogue, then its ratings through Kafka, then a wait until
// they are applied.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "ctl/app/commands.h"
#include "ctl/app/import_summary.h"
#include "ctl/clients/bulk.h"
#include "ctl/clients/rest.h"
#include "ctl/domain/dataset.h"
#include "ctl/files/read_dataset.h"
#include "ctl/files/rejects_file.h"
#include "ctl/terminal/terminal.h"
#include "rpc/client.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

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

// Importing is an administrator's: told before an hour of reading, not after it.
Status CheckRole(RestClient& rest) {
  ASSIGN_OR_RETURN(const json me, rest.Get("/v1/me"));
  const auto roles = me.value("roles", std::vector<std::string>());
  if (std::find(roles.begin(), roles.end(), "administrator") != roles.end()) return {};
  return Error::PermissionDenied("role_missing", "An import needs an administrator's login, and " +
                                                     me.value("email", std::string("this one")) +
                                                     " isn't one.");
}

std::filesystem::path DefaultRejects(const std::filesystem::path& data) {
  const auto named = std::filesystem::absolute(data / "").lexically_normal().parent_path();
  return "marquee-rejects-" + named.filename().string() + ".tsv";
}

// Rejects as they come; a file that nobody asked for is made with the first.
class Rejects {
 public:
  explicit Rejects(const ImportFlags& flags)
      : path_(flags.rejects.empty() ? DefaultRejects(flags.data) : flags.rejects),
        asked_(!flags.rejects.empty()) {}

  Status Open() {
    if (!asked_) return {};
    return Make();
  }
  void Add(const Reject& reject) {
    if (!file_ && status_.ok()) status_ = Make();
    if (file_) file_->Add(reject);
  }
  Status Check() const { return status_; }
  Status Close() { return file_ ? file_->Close() : Status(); }
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t count() const { return file_ ? file_->count() : 0; }

 private:
  Status Make() {
    ASSIGN_OR_RETURN(auto file, RejectsFile::Open(path_));
    file_.emplace(std::move(file));
    return {};
  }
  std::filesystem::path path_;
  bool asked_;
  Status status_;
  std::optional<RejectsFile> file_;
};

// What became of the data set at the servers.
struct Sent {
  MoviesImported movies;
  RatingsSent ratings;
  double kafka_seconds = 0;
  std::optional<Applied> applied;
  Verdict movies_verdict, ratings_verdict;
};

// What the server left out of what was sent is a reject as all others, with its file and line.
template <typename Row>
void TakeBack(const Refused& refused, const std::vector<Row>& rows, const Lines& lines,
              Report& report, TableReport& table, Rejects& rejects) {
  table.taken -= static_cast<std::uint64_t>(refused.count);
  for (const auto& [row, error] : refused.rows) {
    const auto place = lines.Find(rows.at(row).line);
    ++report.rejected[error.reason];
    rejects.Add({place.file, place.line, error.field, error.reason,
                 error.message + " (the server's answer)"});
  }
  const auto unlisted = static_cast<std::uint64_t>(refused.count) - refused.rows.size();
  if (unlisted > 0) report.rejected["refused_by_server"] += unlisted;
}

Status SendAllMovies(const Context& context, RestClient& rest, Dataset& dataset, Rejects& rejects,
                     Sent& sent) {
  const auto count = static_cast<std::int64_t>(dataset.movies.size());
  ASSIGN_OR_RETURN(const std::string bearer, rest.AccessToken());
  ProgressBar bar("Movies", count, context.quiet);
  ASSIGN_OR_RETURN(sent.movies,
                   SendMovies(rpc::MakeChannel(context.catalog_address), bearer, dataset.movies,
                              [&](std::int64_t done) { bar.Set(done); }));
  TakeBack(sent.movies.refused, dataset.movies, dataset.movie_lines, dataset.report,
           dataset.report.movies, rejects);
  return {};
}

Status SendAllRatings(const Context& context, const ImportFlags& flags, RestClient& rest,
                      Dataset& dataset, Rejects& rejects, Sent& sent) {
  const auto count = static_cast<std::int64_t>(dataset.ratings.size());
  // Anew: a token lives for minutes, and to send many movies may have taken longer.
  ASSIGN_OR_RETURN(const std::string bearer, rest.AccessToken());
  const auto channel = rpc::MakeChannel(context.ratings_address);
  const auto started = std::chrono::steady_clock::now();
  {
    ProgressBar bar("Ratings into Kafka", count, context.quiet);
    ASSIGN_OR_RETURN(sent.ratings, SendRatings(channel, bearer, dataset.ratings,
                                               [&](std::int64_t done) { bar.Set(done); }));
  }
  sent.kafka_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  TakeBack(sent.ratings.refused, dataset.ratings, dataset.rating_lines, dataset.report,
           dataset.report.ratings, rejects);
  if (!flags.wait) return {};
  ASSIGN_OR_RETURN(auto applied, WaitUntilApplied(context, rest, channel, sent.ratings.offsets,
                                                  sent.ratings.accepted));
  sent.applied = std::move(applied);
  return {};
}

double RowsPerSecond(const Sent& sent) {
  return static_cast<double>(sent.ratings.accepted) / std::max(sent.kafka_seconds, 1e-9);
}

json Everything(const Dataset& dataset, const Sent& sent) {
  json value = ToJson(dataset.report);
  value["format"] = dataset.format;
  value["tables"]["movies"]["sent"] = sent.movies_verdict.enough;
  value["tables"]["ratings"]["sent"] = sent.ratings_verdict.enough;
  value["movies"] = {{"lines", dataset.report.movies.rows},
                     {"inserted", sent.movies.inserted},
                     {"updated", sent.movies.updated},
                     {"unchanged", sent.movies.unchanged}};
  auto& ratings = value["ratings"];
  ratings["lines"] = dataset.report.ratings.rows;
  ratings["accepted"] = sent.ratings.accepted;
  ratings["kafka_seconds"] = sent.kafka_seconds;
  ratings["kafka_rows_per_second"] = RowsPerSecond(sent);
  if (sent.applied) {
    ratings["applied_seconds"] = sent.applied->seconds;
    ratings["stored"] = sent.applied->status.rating_count;
  }
  return value;
}

std::string Totals(const Report& report, const Sent& sent) {
  const auto row = [](const char* name, const TableReport& table, std::string what) {
    return std::vector<std::string>{name, Grouped(static_cast<std::int64_t>(table.rows)),
                                    Grouped(static_cast<std::int64_t>(table.taken)),
                                    std::move(what)};
  };
  const std::string none = "none sent";
  std::vector<std::vector<std::string>> rows;
  rows.push_back(
      row("movies", report.movies,
          !sent.movies_verdict.enough
              ? none
              : fmt::format("{} new, {} changed, {} as before", Grouped(sent.movies.inserted),
                            Grouped(sent.movies.updated), Grouped(sent.movies.unchanged))));
  if (!report.links.file.empty()) rows.push_back(row("links", report.links, ""));
  rows.push_back(row("ratings", report.ratings,
                     !sent.ratings_verdict.enough
                         ? none
                         : fmt::format("{} rows/s into Kafka",
                                       Grouped(static_cast<std::int64_t>(RowsPerSecond(sent))))));
  return Table({"", "rows", "taken", ""}, rows);
}

// Why an import failed that could be done; nothing when it didn't.
std::optional<Error> TooFew(const Report& report, const Sent& sent, double min_taken) {
  const bool movies = !sent.movies_verdict.enough;
  if (!movies && sent.ratings_verdict.enough) return std::nullopt;
  const auto& table = movies ? report.movies : report.ratings;
  const auto& verdict = movies ? sent.movies_verdict : sent.ratings_verdict;
  std::string text = fmt::format("Of {} rows of {} {} could be taken",
                                 Grouped(static_cast<std::int64_t>(table.rows)), table.file,
                                 Grouped(static_cast<std::int64_t>(table.taken)));
  if (table.taken > 0) {
    text += fmt::format(
        ", fewer than {:g} %: none of {} was sent. --min-taken says how many are enough", min_taken,
        movies ? "them nor of the ratings" : "them");
  }
  text += ".";
  if (!verdict.cause.empty()) text += " Most likely: " + verdict.cause + ".";
  return Error::FailedPrecondition("too_few_taken", std::move(text));
}

int ShowImport(const Context& context, const Dataset& dataset, const Sent& sent, double min_taken,
               Rejects& rejects) {
  const Report& report = dataset.report;
  json value = Everything(dataset, sent);
  std::string text = Totals(report, sent) + "\n" + FilesAndNotes(report);
  const auto closed = rejects.Close();
  if (!report.rejected.empty()) text += "\n" + RejectedByReason(report);
  if (rejects.count() > 0 && closed.ok()) {
    const bool all = rejects.count() <= RejectsFile::kMostListed;
    text += fmt::format(
        "{} with its file, line and column: {}\n",
        all ? "Each" : fmt::format("The first {}, each", Grouped(RejectsFile::kMostListed)),
        rejects.path().string());
    value["rejects_file"] = rejects.path().string();
  }
  if (sent.applied) {
    text += fmt::format("\nPostgreSQL holds {} ratings now.\n",
                        Grouped(sent.applied->status.rating_count));
  }
  auto error = TooFew(report, sent, min_taken);
  if (!error && !closed.ok()) error = closed.error();
  if (error) {
    value["error"] = {
        {"code", Name(error->code)}, {"reason", error->reason}, {"message", error->message}};
    text += fmt::format("\nmarqueectl: {} ({})\n", error->message, error->reason);
  }
  Show(context, value, text);
  return error ? 1 : 0;
}

}  // namespace

int Import(const Context& context, const ImportFlags& flags) {
  const auto files = FindDataSet(flags.data);
  if (!files.ok()) return Fail(context, files.error());
  ReadOptions options;
  if (const auto status = ToOptions(flags.reading, options); !status.ok())
    return Fail(context, status.error());
  Rejects rejects(flags);
  if (const auto status = rejects.Open(); !status.ok()) return Fail(context, status.error());
  auto rest = Rest(context);
  if (const auto token = rest.AccessToken(); !token.ok()) return Fail(context, token.error());
  if (const auto status = CheckRole(rest); !status.ok()) return Fail(context, status.error());

  // An error ends it; what was left out until then is on the list.
  const auto fail = [&](const Error& error) {
    const auto closed = rejects.Close();
    if (rejects.count() > 0 && closed.ok() && !context.json)
      fmt::print(stderr, "Rows that were left out until then: {}\n", rejects.path().string());
    return Fail(context, error);
  };
  ProgressBar reading("Reading", 100, context.quiet);
  auto dataset = ReadDataset(
      *files, [&](const Reject& reject) { rejects.Add(reject); },
      [&](double share) { reading.Set(static_cast<std::int64_t>(share * 100)); }, options);
  reading.Finish();
  if (!dataset.ok()) return fail(dataset.error());
  if (const auto status = rejects.Check(); !status.ok()) return fail(status.error());

  const Report& report = dataset->report;
  const double least_share = flags.min_taken / 100;
  Sent sent;
  sent.movies_verdict = Judge(report, report.movies, least_share);
  sent.ratings_verdict = Judge(report, report.ratings, least_share);
  if (!sent.movies_verdict.enough) sent.ratings_verdict.enough = false;
  if (sent.movies_verdict.enough) {
    if (const auto status = SendAllMovies(context, rest, *dataset, rejects, sent); !status.ok())
      return fail(status.error());
  }
  if (sent.ratings_verdict.enough && !dataset->ratings.empty()) {
    if (const auto status = SendAllRatings(context, flags, rest, *dataset, rejects, sent);
        !status.ok()) {
      return fail(status.error());
    }
  }
  return ShowImport(context, *dataset, sent, flags.min_taken, rejects);
}

}  // namespace marquee::ctl
