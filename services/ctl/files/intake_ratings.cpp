#include <algorithm>
#include <numeric>
#include <tuple>

#include "ctl/domain/notes.h"
#include "ctl/files/intake.h"
#include "rules/rating.h"

namespace marquee::ctl {
namespace {

std::string_view HintAtValue(double value) {
  if (value == 0) return hint::kZero;
  if (value > 0 && value < 5) return hint::kNoHalfStars;
  if (value > 5 && value <= 10) return hint::kScaleOfTen;
  if (value > 10 && value <= 100) return hint::kScaleOfHundred;
  return {};
}

}  // namespace

std::string_view Intake::HintAtTime(std::int64_t seconds) const {
  constexpr std::int64_t kYear9999 = 253'402'300'799;  // as milliseconds, the year 1978
  if (seconds < 0) return hint::kBefore1970;
  if (seconds <= kYear9999) return hint::kFuture;
  if (seconds / 1'000 <= latest_) return hint::kMilliseconds;
  if (seconds / 1'000'000 <= latest_) return hint::kMicroseconds;
  if (seconds / 1'000'000'000 <= latest_) return hint::kNanoseconds;
  return hint::kFuture;
}

bool Intake::TakeTime(const Row& row, std::int64_t& seconds, NumberForm& form) {
  const std::string_view cell = row[Column::kTime];
  if (cell.empty()) {
    if (!options_.rated_at) {
      Drop(row, Column::kTime, "missing_field", "the timestamp is missing");
      return false;
    }
    seconds = *options_.rated_at;
    form = NumberForm::kPlain;
    return true;
  }
  form = ParseSeconds(cell, seconds);
  if (IsTaken(form)) return true;
  DropNumber(row, Column::kTime, form);
  return false;
}

void Intake::TakeRating(const Row& row) {
  Rating rating{};
  Forms forms{};
  double value = 0;
  if (!TakeId(row, Column::kUser, rating.user_id, forms[0]) ||
      !TakeId(row, Column::kMovie, rating.movie_id, forms[1])) {
    return;
  }
  if (row[Column::kRating].empty())
    return Drop(row, Column::kRating, "missing_field", "the rating is missing");
  forms[2] = ParseDecimal(row[Column::kRating], reader_->separator() != ',', value);
  if (!IsTaken(forms[2])) return DropNumber(row, Column::kRating, forms[2]);
  if (!TakeTime(row, rating.timestamp, forms[3])) return;
  if (const auto status =
          rules::CheckImport({rating.user_id, rating.movie_id, value, rating.timestamp}, latest_);
      !status.ok()) {
    const auto& field = status.error().field;
    std::string_view hint;
    if (field == "rated_at") hint = HintAtTime(rating.timestamp);
    if (field == "value") hint = HintAtValue(value);
    return DropBroken(row, status.error(), hint);
  }
  if (!known_.Contains(rating.movie_id)) return DropUnknownMovie(row, rating.movie_id);
  if (row[Column::kTime].empty()) Note(rating.timestamp == 0 ? note::kNoTime : note::kRatedAt);
  if (forms != Forms{}) NoteForms(forms);
  rating.value = static_cast<float>(value);
  rating.line = dataset_.rating_lines.Count(reader_->line());
  dataset_.ratings.push_back(rating);
  ++report_->taken;
}

void Intake::DropDuplicates() {
  auto& ratings = dataset_.ratings;
  std::vector<std::uint32_t> order(ratings.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) {
    const auto& x = ratings[a];
    const auto& y = ratings[b];
    return std::tie(x.user_id, x.movie_id, x.timestamp, a) <
           std::tie(y.user_id, y.movie_id, y.timestamp, b);
  };
  if (!std::is_sorted(order.begin(), order.end(), earlier))
    std::sort(order.begin(), order.end(), earlier);
  std::vector<bool> superseded(ratings.size());
  std::uint64_t count = 0;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    const auto& row = ratings[order[i]];
    const auto& next = ratings[order[i + 1]];
    if (row.user_id != next.user_id || row.movie_id != next.movie_id) continue;
    superseded[order[i]] = true;
    ++count;
    const auto place = dataset_.rating_lines.Find(row.line);
    const auto winner = dataset_.rating_lines.Find(next.line);
    Report({place.file, place.line, "", "duplicate",
            "the same user rated the same movie again, in line " + std::to_string(winner.line) +
                (winner.file == place.file ? "" : " of " + winner.file) + ", at " +
                ShowSeconds(next.timestamp)},
           {});
  }
  report_->duplicates += count;
  report_->taken -= count;
  if (count > 0) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ratings.size(); ++i) {
      if (!superseded[i]) ratings[kept++] = ratings[i];
    }
    ratings.resize(kept);
  }
  auto& report = dataset_.report;
  for (const auto& rating : ratings) {
    if (rating.timestamp == 0) continue;
    report.earliest =
        report.earliest == 0 ? rating.timestamp : std::min(report.earliest, rating.timestamp);
    report.latest = std::max(report.latest, rating.timestamp);
  }
}

}  // namespace marquee::ctl
