// A copy of the catalogue, compact and immutable: what a list needs to filter and to show movies.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace marquee::recommender {

struct Movie {
  std::int64_t movie_id = 0;
  std::string title = {};
  std::int32_t year = 0;  // 0: unknown
  std::vector<std::string> genres = {};
  std::int64_t rating_count = 0;
  double rating_mean = 0;           // 0 without ratings
  double rating_bayesian_mean = 0;  // shrunk towards the mean of all movies
};

// What the caller asked to see; a field left at its default asks nothing. A movie whose year isn't
// known is in no range of years.
struct MovieFilter {
  std::string genre = {};  // in any letter case, as the catalogue takes it
  std::int32_t year_min = 0;
  std::int32_t year_max = 0;
  std::int64_t min_rating_count = 0;
};

// A row is a movie's index, 0 … size()−1, by ascending movie id.
class Catalogue {
 public:
  // A filter with its genre looked up.
  struct Query {
    MovieFilter filter;
    std::optional<std::int32_t> genre;
    bool impossible = false;  // a genre that no movie has
  };

  // Of movies that come twice the last one stands.
  static std::shared_ptr<const Catalogue> Make(std::vector<Movie> movies);

  std::int32_t size() const { return static_cast<std::int32_t>(ids_.size()); }
  std::optional<std::int32_t> RowOf(std::int64_t movie_id) const;
  std::int64_t Id(std::int32_t row) const { return ids_[Index(row)]; }
  std::string_view Title(std::int32_t row) const;
  std::int32_t Year(std::int32_t row) const { return years_[Index(row)]; }
  std::vector<std::string> Genres(std::int32_t row) const;
  std::int64_t RatingCount(std::int32_t row) const { return rating_counts_[Index(row)]; }
  double RatingMean(std::int32_t row) const { return rating_means_[Index(row)]; }
  double RatingBayesianMean(std::int32_t row) const { return bayesian_means_[Index(row)]; }
  // Mean of all ratings; 0 without any.
  double global_mean() const { return global_mean_; }

  std::int32_t genre_count() const { return static_cast<std::int32_t>(genre_names_.size()); }
  const std::string& GenreName(std::int32_t genre) const {
    return genre_names_[static_cast<std::size_t>(genre)];
  }
  std::span<const std::int32_t> GenresOf(std::int32_t row) const;

  Query Resolve(const MovieFilter& filter) const;
  bool Matches(const Query& query, std::int32_t row) const;

  // The n rows with the most ratings that match, without `excluded` (movie ids, ascending); ties go
  // to the smaller id.
  std::vector<std::int32_t> Popular(const Query& query, int n,
                                    std::span<const std::int64_t> excluded) const;
  // The same of these movies (ascending) alone.
  std::vector<std::int32_t> PopularOf(const Query& query, int n,
                                      std::span<const std::int64_t> movie_ids) const;

 private:
  static std::size_t Index(std::int32_t row) { return static_cast<std::size_t>(row); }
  void Add(const Movie& movie);
  template <typename Wanted>  // bool(movie id)
  std::vector<std::int32_t> MostRated(const Query& query, int n, const Wanted& wanted) const;

  std::vector<std::int64_t> ids_;
  std::string titles_;
  std::vector<std::uint32_t> title_ends_;
  std::vector<std::int32_t> years_;
  std::vector<std::string> genre_names_;
  std::unordered_map<std::wstring, std::int32_t> genre_by_key_;  // rules::GenreKey
  std::vector<std::int32_t> genres_;                             // of all rows, one after the other
  std::vector<std::uint32_t> genre_ends_;
  std::vector<std::int64_t> rating_counts_;
  std::vector<float> rating_means_;
  std::vector<float> bayesian_means_;
  std::vector<std::int32_t> by_popularity_;
  double global_mean_ = 0;
};

}  // namespace marquee::recommender
