// Rows become movies, links and ratings, or rejects.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ctl/domain/dataset.h"
#include "ctl/domain/id_set.h"
#include "ctl/files/cells.h"
#include "ctl/files/read_dataset.h"
#include "ctl/files/table_reader.h"

namespace marquee::ctl {

class Intake {
 public:
  Intake(Dataset& dataset, const RejectSink& reject, const ReadProgress& progress,
         const ReadOptions& options);

  // `links` before the movies only for movies_metadata.csv, whose ids are TMDB's.
  Status ReadMovies(const TableFiles& files, const std::optional<TableFiles>& links);
  Status ReadLinks(const TableFiles& files);
  Status ReadRatings(const TableFiles& files);
  // Of a user's ratings of one movie the latest stands.
  void DropDuplicates();

 private:
  // What is noted of a row once it is taken.
  using Forms = std::array<NumberForm, 4>;

  template <typename TakeRow>
  Status ReadRows(const TableFiles& files, Table table, TableReport& report, Lines* lines,
                  const TakeRow& take);
  TableOptions OptionsOf(const TableFiles& files, Table table) const;

  void TakeMovie(const Row& row);
  void TakeMetadata(const Row& row);
  void TakeMetadataLink(const Row& row);
  void TakeLink(const Row& row);
  void TakeRating(const Row& row);

  // Each drops the row and returns false when a cell isn't what it should be.
  bool TakeId(const Row& row, Column column, std::int64_t& id, NumberForm& form);
  bool TakeTime(const Row& row, std::int64_t& seconds, NumberForm& form);
  bool TakeTitle(const Row& row, Movie& movie, std::vector<std::string_view>& notes);
  bool TakeGenres(const Row& row, Movie& movie, std::vector<std::string_view>& notes);
  bool TakeOtherIds(const Row& row, Movie& movie);
  void KeepMovie(const Row& row, Movie movie, const std::vector<std::string_view>& notes);

  void Drop(const Row& row, std::optional<Column> column, std::string reason, std::string message,
            std::string_view hint = {});
  void DropNumber(const Row& row, Column column, NumberForm form);
  void DropBroken(const Row& row, const Error& rule, std::string_view hint = {});
  void DropUnknownMovie(const Row& row, std::int64_t movie);
  void Report(Reject reject, std::string_view hint);
  void Note(std::string_view key, std::uint64_t count = 1);
  void NoteForms(const Forms& forms);
  std::string_view HintAtTime(std::int64_t seconds) const;

  Dataset& dataset_;
  const RejectSink& reject_;
  const ReadProgress& progress_;
  const ReadOptions& options_;
  const std::int64_t latest_;
  std::unique_ptr<TableReader> reader_;  // of the table that is being read, or was the last
  TableReport* report_ = nullptr;
  std::unordered_map<std::int64_t, std::size_t> movies_;  // id → its place
  IdSet known_;                                           // their ids
  std::unordered_set<std::int64_t> left_out_;             // movies that were rejected
  std::unordered_set<std::int64_t> linked_;
  std::unordered_multimap<std::int64_t, std::int64_t> by_tmdb_;  // TMDB's id → movies
  std::uint64_t not_linked_ = 0;
};

}  // namespace marquee::ctl
