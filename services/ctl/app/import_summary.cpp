#include "ctl/app/import_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ctl/domain/notes.h"
#include "ctl/files/cells.h"
#include "ctl/terminal/terminal.h"
#include "rules/rating.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

std::string Count(std::uint64_t count) { return Grouped(static_cast<std::int64_t>(count)); }

std::string Joined(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 10;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i)
    text += (i == 0 ? "" : ", ") + Excerpt(names[i], 40);
  if (names.size() > kMostNames) text += fmt::format(" and {} more", names.size() - kMostNames);
  return text;
}

template <typename Counts>
auto Most(const Counts& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
}

json ToJson(const TableReport& table) {
  return {
      {"file", table.file},  {"dialect", table.dialect}, {"ignored_columns", table.ignored_columns},
      {"lines", table.rows}, {"taken", table.taken},     {"duplicates", table.duplicates},
      {"hints", table.hints}};
}

std::string Line(const TableReport& table) {
  if (table.file.empty()) return {};
  std::string text = fmt::format("Read {} ({}).", table.file, table.dialect);
  if (!table.ignored_columns.empty())
    text += fmt::format(" Columns ignored: {}.", Joined(table.ignored_columns));
  return text + "\n";
}

}  // namespace

Status ToOptions(const ReadingFlags& flags, ReadOptions& options) {
  if (flags.encoding == "utf-8") options.encoding = Encoding::kUtf8;
  if (flags.encoding == "windows-1252") options.encoding = Encoding::kWindows1252;
  options.ratings_columns = flags.ratings_columns;
  options.movies_columns = flags.movies_columns;
  if (flags.rated_at.empty()) return {};
  std::int64_t seconds = 0;
  if (flags.rated_at != "unknown" &&
      (!IsTaken(ParseSeconds(flags.rated_at, seconds)) || seconds < 0 ||
       seconds > rules::LatestRatingSeconds(options.now))) {
    return Error::InvalidArgument("bad_time",
                                  "A date from 1970 to today is wanted, as in 2015-06-30, seconds "
                                  "since 1970, or \"unknown\", not \"" +
                                      Excerpt(flags.rated_at) + "\".",
                                  "--rated-at");
  }
  options.rated_at = seconds;
  return {};
}

Verdict Judge(const Report& report, const TableReport& table, double least_share) {
  if (table.rows == 0 && least_share == 0) return {};
  if (table.taken > 0 && table.ShareTaken() >= least_share) return {};
  Verdict verdict{.enough = false};
  if (const auto hint = Most(table.hints); hint != table.hints.end()) {
    verdict.cause = DescribeHint(hint->first);
  } else if (const auto reason = Most(report.rejected); reason != report.rejected.end()) {
    verdict.cause = fmt::format("most rows were left out as {}", reason->first);
  }
  return verdict;
}

std::string LeftOut(const Report& report) {
  std::uint64_t total = 0;
  std::string reasons;
  for (const auto& [reason, count] : report.rejected) {
    total += count;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, Count(count));
  }
  if (total == 0) return {};
  return fmt::format("Left out: {} rows ({}).\n", Count(total), reasons);
}

json ToJson(const Report& report) {
  json tables{{"movies", ToJson(report.movies)}, {"ratings", ToJson(report.ratings)}};
  if (!report.links.file.empty()) tables["links"] = ToJson(report.links);
  if (report.latest > 0) {
    tables["ratings"]["earliest"] = report.earliest;
    tables["ratings"]["latest"] = report.latest;
  }
  return {{"tables", tables},
          {"rejected", report.rejected},
          {"notes", report.notes},
          {"passed_over", report.passed_over}};
}

std::string FilesAndNotes(const Report& report) {
  std::string text = Line(report.movies) + Line(report.links) + Line(report.ratings);
  if (!report.passed_over.empty())
    text += fmt::format("Not read, because of these: {}.\n", Joined(report.passed_over));
  if (report.latest > 0) {
    text += fmt::format("The ratings are of {} to {} (UTC).\n", ShowSeconds(report.earliest),
                        ShowSeconds(report.latest));
  }
  for (const auto& [key, count] : report.notes) text += "  " + DescribeNote(key, count) + "\n";
  return text;
}

std::string RejectedByReason(const Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [reason, count] : report.rejected) rows.push_back({reason, Count(count)});
  std::string text = Table({"left out", "rows"}, rows);
  for (const TableReport* table : {&report.movies, &report.links, &report.ratings}) {
    for (const auto& [key, count] : table->hints) {
      text += fmt::format("  {}, {} {}: {}\n", table->file, Count(count),
                          count == 1 ? "row" : "rows", DescribeHint(key));
    }
  }
  return text;
}

}  // namespace marquee::ctl
