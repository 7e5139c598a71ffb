// The folds as files, so that anyone can judge anything on them.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "ctl/app/evaluate.h"

namespace marquee::ctl {
namespace {

constexpr std::string_view kHeader = "userId,movieId,rating\n";

Error Unwritable(const std::filesystem::path& path, const std::string& why) {
  return Error::Unavailable("folds_unwritable",
                            "--write-folds: " + path.string() + " can't be written (" + why + ").");
}

// A CSV file of ratings by the data set's own ids.
class FoldFile {
 public:
  FoldFile(std::filesystem::path path, const models::RatingMatrix& ids)
      : path_(std::move(path)), ids_(ids), file_(path_, std::ios::binary | std::ios::trunc) {
    file_ << kHeader;
  }
  void Add(std::int32_t user, std::int32_t item, float stars) {
    file_ << fmt::format("{},{},{}\n", ids_.user_ids()[static_cast<std::size_t>(user)],
                         ids_.item_ids()[static_cast<std::size_t>(item)], stars);
  }
  void Add(const models::RatingMatrix& ratings) {
    for (std::int32_t user = 0; user < ratings.users(); ++user) {
      const auto columns = ratings.by_user().RowColumns(user);
      const auto values = ratings.by_user().RowValues(user);
      for (std::size_t i = 0; i < columns.size(); ++i) Add(user, columns[i], values[i]);
    }
  }
  Status Close() {
    file_.close();
    if (!file_) return Unwritable(path_, std::strerror(errno));
    return {};
  }

 private:
  std::filesystem::path path_;
  const models::RatingMatrix& ids_;
  std::ofstream file_;
};

Status WriteUsers(const std::filesystem::path& folder, const models::UserSplit& split) {
  FoldFile train(folder / "train.csv", split.train);
  train.Add(split.train);
  FoldFile given(folder / "given.csv", split.train);
  FoldFile relevant(folder / "relevant.csv", split.train);
  for (const auto& user : split.held_out) {
    for (const auto& rated : user.given) given.Add(user.user, rated.item, rated.rating);
    for (std::size_t i = 0; i < user.relevant.size(); ++i)
      relevant.Add(user.user, user.relevant[i], user.stars[i]);
  }
  for (FoldFile* file : {&train, &given, &relevant}) RETURN_IF_ERROR(file->Close());
  if (split.among.empty()) return {};
  std::ofstream movies(folder / "among.csv", std::ios::binary | std::ios::trunc);
  movies << "movieId\n";
  for (const auto item : split.among)
    movies << split.train.item_ids()[static_cast<std::size_t>(item)] << "\n";
  movies.close();
  if (!movies) return Unwritable(folder / "among.csv", std::strerror(errno));
  return {};
}

Status WriteRatings(const std::filesystem::path& folder, const models::RatingSplit& split) {
  FoldFile train(folder / "train.csv", split.train);
  train.Add(split.train);
  FoldFile given(folder / "given.csv", split.train);  // what people are known by is in train
  FoldFile relevant(folder / "relevant.csv", split.train);
  for (const auto& rating : split.held_out) relevant.Add(rating.user, rating.item, rating.rating);
  for (FoldFile* file : {&train, &given, &relevant}) RETURN_IF_ERROR(file->Close());
  return {};
}

}  // namespace

Status WriteFolds(const EvaluateFlags& flags, const std::string& split,
                  const EvaluationData& data) {
  for (int fold = 0; fold < flags.folds; ++fold) {
    const auto folder = flags.write_folds / ("fold-" + std::to_string(fold + 1));
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) return Unwritable(folder, failed.message());
    if (split == kRandomRatings) {
      RETURN_IF_ERROR(WriteRatings(folder, RatingSplits(flags, split, data)(fold)));
    } else {
      RETURN_IF_ERROR(WriteUsers(folder, UserSplits(flags, split, data)(fold)));
    }
  }
  const nlohmann::json about{
      {"task", flags.task}, {"split", split}, {"folds", flags.folds}, {"seed", flags.seed}};
  const auto file = flags.write_folds / "folds.json";
  std::ofstream text(file, std::ios::binary | std::ios::trunc);
  text << about.dump(2) << "\n";
  text.close();
  if (!text) return Unwritable(file, std::strerror(errno));
  return {};
}

}  // namespace marquee::ctl
