#include "recommender/domain/catalogue.h"

#include <algorithm>
#include <numeric>

#include "base/lower_bound.h"
#include "rules/movie.h"

namespace marquee::recommender {

std::shared_ptr<const Catalogue> Catalogue::Make(std::vector<Movie> movies) {
  std::stable_sort(movies.begin(), movies.end(),
                   [](const Movie& a, const Movie& b) { return a.movie_id < b.movie_id; });
  auto catalogue = std::make_shared<Catalogue>();
  for (std::size_t at = 0; at < movies.size(); ++at) {
    if (at + 1 < movies.size() && movies[at + 1].movie_id == movies[at].movie_id) continue;
    catalogue->Add(movies[at]);
  }
  catalogue->titles_.shrink_to_fit();
  catalogue->genres_.shrink_to_fit();

  double sum = 0;
  double count = 0;
  for (std::int32_t row = 0; row < catalogue->size(); ++row) {
    const auto ratings = static_cast<double>(catalogue->RatingCount(row));
    sum += ratings * catalogue->RatingMean(row);
    count += ratings;
  }
  catalogue->global_mean_ = count > 0 ? sum / count : 0;

  auto& order = catalogue->by_popularity_;
  order.resize(catalogue->ids_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return catalogue->RatingCount(a) > catalogue->RatingCount(b);
  });
  return catalogue;
}

void Catalogue::Add(const Movie& movie) {
  ids_.push_back(movie.movie_id);
  titles_ += movie.title;
  title_ends_.push_back(static_cast<std::uint32_t>(titles_.size()));
  years_.push_back(movie.year);
  for (const auto& name : movie.genres) {
    const auto [genre, made] = genre_by_key_.try_emplace(rules::GenreKey(name), genre_count());
    if (made) genre_names_.push_back(name);
    genres_.push_back(genre->second);
  }
  genre_ends_.push_back(static_cast<std::uint32_t>(genres_.size()));
  rating_counts_.push_back(movie.rating_count);
  rating_means_.push_back(static_cast<float>(movie.rating_mean));
  bayesian_means_.push_back(static_cast<float>(movie.rating_bayesian_mean));
}

std::optional<std::int32_t> Catalogue::RowOf(std::int64_t movie_id) const {
  const std::size_t at = LowerBound(ids_, movie_id);
  if (at == ids_.size() || ids_[at] != movie_id) return std::nullopt;
  return static_cast<std::int32_t>(at);
}

std::string_view Catalogue::Title(std::int32_t row) const {
  const std::uint32_t begin = row == 0 ? 0 : title_ends_[Index(row) - 1];
  return std::string_view(titles_).substr(begin, title_ends_[Index(row)] - begin);
}

std::span<const std::int32_t> Catalogue::GenresOf(std::int32_t row) const {
  const std::uint32_t begin = row == 0 ? 0 : genre_ends_[Index(row) - 1];
  return std::span(genres_).subspan(begin, genre_ends_[Index(row)] - begin);
}

std::vector<std::string> Catalogue::Genres(std::int32_t row) const {
  std::vector<std::string> names;
  for (const auto genre : GenresOf(row)) names.push_back(genre_names_[Index(genre)]);
  return names;
}

Catalogue::Query Catalogue::Resolve(const MovieFilter& filter) const {
  Query query{.filter = filter, .genre = std::nullopt, .impossible = false};
  if (filter.genre.empty()) return query;
  const auto found = genre_by_key_.find(rules::GenreKey(filter.genre));
  if (found == genre_by_key_.end()) {
    query.impossible = true;
  } else {
    query.genre = found->second;
  }
  return query;
}

bool Catalogue::Matches(const Query& query, std::int32_t row) const {
  if (query.impossible) return false;
  const auto& filter = query.filter;
  const std::int32_t year = Year(row);
  if ((filter.year_min > 0 || filter.year_max > 0) && year == 0) return false;
  if (filter.year_min > 0 && year < filter.year_min) return false;
  if (filter.year_max > 0 && year > filter.year_max) return false;
  if (RatingCount(row) < filter.min_rating_count) return false;
  if (!query.genre) return true;
  const auto genres = GenresOf(row);
  return std::find(genres.begin(), genres.end(), *query.genre) != genres.end();
}

std::vector<std::int32_t> Catalogue::Popular(const Query& query, int n,
                                             std::span<const std::int64_t> excluded) const {
  return MostRated(query, n, [&](std::int64_t movie_id) {
    return !std::binary_search(excluded.begin(), excluded.end(), movie_id);
  });
}

std::vector<std::int32_t> Catalogue::PopularOf(const Query& query, int n,
                                               std::span<const std::int64_t> movie_ids) const {
  return MostRated(query, n, [&](std::int64_t movie_id) {
    return std::binary_search(movie_ids.begin(), movie_ids.end(), movie_id);
  });
}

template <typename Wanted>
std::vector<std::int32_t> Catalogue::MostRated(const Query& query, int n,
                                               const Wanted& wanted) const {
  std::vector<std::int32_t> rows;
  for (const std::int32_t row : by_popularity_) {
    if (static_cast<int>(rows.size()) >= n) break;
    if (Matches(query, row) && wanted(Id(row))) rows.push_back(row);
  }
  return rows;
}

}  // namespace marquee::recommender
