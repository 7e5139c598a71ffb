#include "catalog/testing/memory_store.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace marquee::catalog {
namespace {

Error Unknown(std::int64_t id) {
  return Error::NotFound("movie_unknown", "there is no movie " + std::to_string(id));
}

bool HasGenre(const Movie& movie, const std::string& genre) {
  return std::any_of(movie.genres.begin(), movie.genres.end(), [&](const std::string& other) {
    return AsciiLower(other) == AsciiLower(genre);
  });
}

bool Matches(const Movie& movie, const MovieFilter& filter) {
  return (filter.genre.empty() || HasGenre(movie, filter.genre)) &&
         (filter.year_min == 0 || movie.year >= filter.year_min) &&
         (filter.year_max == 0 || (movie.year > 0 && movie.year <= filter.year_max)) &&
         AsciiLower(movie.title).find(AsciiLower(filter.query)) != std::string::npos;
}

// A number to sort by and a text to sort by; one of them is the same for all.
using SortKey = std::tuple<double, std::string, std::int64_t>;

SortKey KeyOf(const CatalogMovie& movie, MovieOrder order) {
  const std::int64_t id = movie.movie.id;
  switch (order) {
    case MovieOrder::kMovieId:
    case MovieOrder::kRelevance: return {0, "", id};
    case MovieOrder::kTitle: return {0, AsciiLower(movie.movie.title), id};
    case MovieOrder::kYear: return {movie.movie.year, "", id};
    case MovieOrder::kYearDescending: return {-movie.movie.year, "", -id};
    case MovieOrder::kRatingCountDescending:
      return {-static_cast<double>(movie.audience.rating_count), "", -id};
    case MovieOrder::kBayesianMeanDescending: return {-movie.audience.bayesian_mean, "", -id};
  }
  return {};
}

}  // namespace

Result<CatalogMovie> MemoryMovies::Find(std::int64_t id, const CallContext&) {
  const auto found = movies_.find(id);
  if (found == movies_.end()) return Unknown(id);
  CatalogMovie movie = found->second;
  movie.has_poster = posters_.contains(id);
  return movie;
}

Result<MoviePage> MemoryMovies::List(const MovieListing& listing, const CallContext& call) {
  std::vector<std::pair<SortKey, std::int64_t>> sorted;
  for (const auto& [id, movie] : movies_) {
    if (Matches(movie.movie, listing.filter)) sorted.push_back({KeyOf(movie, listing.order), id});
  }
  std::sort(sorted.begin(), sorted.end());
  // A key is the last movie's id, and empty strings for the fields that only PostgreSQL needs.
  auto from = sorted.begin();
  if (!listing.after.empty()) {
    const auto last = movies_.find(std::stoll(listing.after.back()));
    if (last == movies_.end()) return Unknown(std::stoll(listing.after.back()));
    const auto key = std::pair(KeyOf(last->second, listing.order), last->first);
    from = std::upper_bound(from, sorted.end(), key);
  }
  MoviePage page;
  for (; from != sorted.end() && static_cast<int>(page.movies.size()) < listing.limit; ++from) {
    page.movies.push_back(*Find(from->second, call));
  }
  if (from != sorted.end() && !page.movies.empty()) {
    page.next.resize(KeyFields(listing.order));
    page.next.back() = std::to_string(page.movies.back().movie.id);
  }
  return page;
}

Result<CatalogMovie> MemoryMovies::Insert(const Movie& movie) {
  CatalogMovie& inserted = movies_[movie.id];
  inserted.movie = movie;
  inserted.updated_at = clock_.Now();
  return inserted;
}

Result<CatalogMovie> MemoryMovies::Create(const Movie& movie, const std::optional<Uuid>& operation,
                                          const CallContext& call) {
  if (operation) {
    const auto before = operations_.find(*operation);
    if (before != operations_.end()) return Find(before->second, call);
  }
  Movie created = movie;
  if (created.id == 0) created.id = next_own_id_++;
  if (movies_.contains(created.id)) {
    return Error::AlreadyExists("movie_exists", "there is such a movie already", "movie.movie_id");
  }
  if (operation) operations_[*operation] = created.id;
  return Insert(created);
}

Result<CatalogMovie> MemoryMovies::Update(std::int64_t id, const MoviePatch& patch,
                                          const CallContext& call) {
  ASSIGN_OR_RETURN(const auto before, Find(id, call));
  ASSIGN_OR_RETURN(const auto after, patch.ApplyTo(before.movie));
  if (after != before.movie) {
    movies_[id].movie = after;
    movies_[id].updated_at = clock_.Now();
  }
  return Find(id, call);
}

Status MemoryMovies::Delete(std::int64_t id, const CallContext&) {
  if (movies_.erase(id) == 0) return Unknown(id);
  posters_.erase(id);
  return {};
}

Result<ImportCounts> MemoryMovies::Import(std::span<const Movie> movies, const CallContext& call) {
  ImportCounts counts;
  for (const Movie& movie : movies) {
    const auto found = Find(movie.id, call);
    if (found.ok() && found->movie == movie) {
      ++counts.unchanged;
      continue;
    }
    ++(found.ok() ? counts.updated : counts.inserted);
    RETURN_IF_ERROR([&]() -> Status {
      ASSIGN_OR_RETURN(const auto inserted, Insert(movie));
      return {};
    }());
  }
  return counts;
}

Result<std::int64_t> MemoryMovies::Count(const CallContext&) {
  return static_cast<std::int64_t>(movies_.size());
}

Result<std::vector<GenreCount>> MemoryMovies::Genres(const CallContext&) {
  std::map<std::string, std::int64_t> counted;
  for (const auto& [id, movie] : movies_) {
    for (const auto& genre : movie.movie.genres) ++counted[genre];
  }
  std::vector<GenreCount> genres;
  for (const auto& [name, count] : counted) genres.push_back({name, count});
  return genres;
}

Result<std::vector<YearRatings>> MemoryMovies::RatingsByYear(int year_min, int year_max,
                                                             const CallContext&) {
  std::map<int, YearRatings> years;
  for (const auto& [id, movie] : movies_) {
    const Audience& audience = movie.audience;
    if (audience.rating_count == 0 || movie.movie.year == 0 ||
        !Matches(movie.movie, {.year_min = year_min, .year_max = year_max})) {
      continue;
    }
    YearRatings& year = years[movie.movie.year];
    const auto before = static_cast<double>(year.rating_count);
    const auto added = static_cast<double>(audience.rating_count);
    year.year = movie.movie.year;
    year.mean = (year.mean * before + audience.mean * added) / (before + added);
    year.rating_count += audience.rating_count;
  }
  std::vector<YearRatings> list;
  for (const auto& [number, year] : years) list.push_back(year);
  return list;
}

Result<std::vector<GenreMovies>> MemoryMovies::PopularByGenre(const std::string& genre, int count,
                                                              const CallContext& call) {
  ASSIGN_OR_RETURN(const auto genres, Genres(call));
  std::vector<GenreMovies> list;
  for (const auto& each : genres) {
    if (!genre.empty() && AsciiLower(each.name) != AsciiLower(genre)) continue;
    ASSIGN_OR_RETURN(auto page, List({.filter = {.genre = each.name},
                                      .order = MovieOrder::kRatingCountDescending,
                                      .limit = count},
                                     call));
    list.push_back({each.name, std::move(page.movies)});
  }
  return list;
}

Result<std::vector<TrendingMovie>> MemoryMovies::Trending(int count, const CallContext& call) {
  std::vector<TrendingMovie> list;
  for (const auto& [id, trend] : trends_) {
    auto movie = Find(id, call);
    if (movie.ok() && !trend.empty()) list.push_back({*std::move(movie), trend});
  }
  std::sort(list.begin(), list.end(), [](const TrendingMovie& a, const TrendingMovie& b) {
    return a.trend.log2() > b.trend.log2();
  });
  if (list.size() > static_cast<std::size_t>(count)) list.resize(static_cast<std::size_t>(count));
  return list;
}

void MemoryMovies::SetAudience(std::int64_t id, Audience audience, Trend trend) {
  movies_.at(id).audience = audience;
  trends_[id] = trend;
}

Result<Poster> MemoryPosters::Find(std::int64_t movie_id, const CallContext&) {
  if (!movies_.movies_.contains(movie_id)) return Unknown(movie_id);
  const auto found = movies_.posters_.find(movie_id);
  if (found == movies_.posters_.end()) {
    return Error::NotFound("poster_unknown", "the movie has no poster");
  }
  return found->second;
}

Status MemoryPosters::Put(std::int64_t movie_id, const Poster& poster, const CallContext&) {
  if (!movies_.movies_.contains(movie_id)) return Unknown(movie_id);
  movies_.posters_[movie_id] = poster;
  return {};
}

}  // namespace marquee::catalog
