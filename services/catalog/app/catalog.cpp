#include "catalog/app/catalog.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/page_token.h"
#include "base/text.h"

namespace marquee::catalog {
namespace {

constexpr int kDefaultPage = 20;
constexpr int kMaxPage = 100;
constexpr int kDefaultPopularByGenre = 10;
constexpr int kExportChunk = 1000;

Result<MovieOrder> ParseOrder(const std::string& order_by, bool has_query) {
  static constexpr std::array<std::pair<std::string_view, MovieOrder>, 6> kOrders{{
      {"movie_id", MovieOrder::kMovieId},
      {"title", MovieOrder::kTitle},
      {"year", MovieOrder::kYear},
      {"-year", MovieOrder::kYearDescending},
      {"-rating_count", MovieOrder::kRatingCountDescending},
      {"-rating_bayesian_mean", MovieOrder::kBayesianMeanDescending},
  }};
  if (order_by.empty()) return has_query ? MovieOrder::kRelevance : MovieOrder::kMovieId;
  for (const auto& [name, order] : kOrders) {
    if (order_by == name) return order;
  }
  if (order_by == "relevance") {
    if (has_query) return MovieOrder::kRelevance;
    return Error::InvalidArgument("order_unknown", "order_by \"relevance\" needs a query",
                                  "order_by");
  }
  return Error::InvalidArgument(
      "order_unknown",
      "order_by must be one of title, year, -year, -rating_count, -rating_bayesian_mean, movie_id, "
      "or relevance with a query",
      "order_by");
}

Status CheckYears(int year_min, int year_max) {
  if (year_min > 0 && year_max > 0 && year_min > year_max) {
    return Error::InvalidArgument("year_range_empty", "year_min must not be above year_max",
                                  "year_min");
  }
  return {};
}

// Names the list that a token belongs to. Lengths keep the parts apart.
std::string ListName(const MovieFilter& filter, MovieOrder order) {
  const auto part = [](const std::string& text) {
    return std::to_string(text.size()) + ":" + text + ";";
  };
  return "movies;" + part(filter.query) + part(filter.genre) + std::to_string(filter.year_min) +
         "-" + std::to_string(filter.year_max) + ";" + std::to_string(static_cast<int>(order));
}

int Within(int value, int fallback, int most) {
  return value <= 0 ? fallback : std::min(value, most);
}

// Ids from there on are the catalogue's to give (docs/adr/0003).
Status CheckGivenId(std::int64_t id) {
  if (id < kFirstOwnMovieId) return {};
  return Error::InvalidArgument("movie_id_out_of_range",
                                "a movie_id of one's own choice must be below " +
                                    std::to_string(kFirstOwnMovieId) +
                                    ": those from there on are given by the catalogue",
                                "movie_id");
}

}  // namespace

Catalog::Catalog(MovieRepository& movies, PosterRepository& posters, AudienceRepository& audience,
                 const Clock& clock)
    : movies_(movies),
      posters_(posters),
      audience_(audience),
      clock_(clock),
      genres_(clock, kFreshness),
      years_(clock, kFreshness),
      popular_by_genre_(clock, kFreshness),
      trending_(clock, kFreshness),
      popular_(clock, kFreshness) {}

Result<ListAnswer> Catalog::List(const ListRequest& request, const CallContext& call) {
  MovieListing listing{.filter = request.filter};
  listing.filter.query = std::string(Trimmed(request.filter.query));
  RETURN_IF_ERROR(CheckYears(listing.filter.year_min, listing.filter.year_max));
  ASSIGN_OR_RETURN(listing.order, ParseOrder(request.order_by, !listing.filter.query.empty()));
  listing.limit = Within(request.page_size, kDefaultPage, kMaxPage);
  const std::string name = ListName(listing.filter, listing.order);
  if (!request.page_token.empty()) {
    ASSIGN_OR_RETURN(listing.after,
                     DecodePageToken(name, request.page_token, KeyFields(listing.order)));
  }
  ASSIGN_OR_RETURN(auto page, movies_.List(listing, call));
  ListAnswer answer{.movies = std::move(page.movies)};
  if (!page.next.empty()) answer.next_page_token = EncodePageToken(name, page.next);
  return answer;
}

Result<CatalogMovie> Catalog::Get(std::int64_t id, const CallContext& call) {
  return movies_.Find(id, call);
}

Result<CatalogMovie> Catalog::Create(Movie movie, const std::optional<Uuid>& operation,
                                     const CallContext& call) {
  RETURN_IF_ERROR(CheckGivenId(movie.id));
  ASSIGN_OR_RETURN(const Movie checked, Checked(std::move(movie)));
  return movies_.Create(checked, operation, call);
}

Result<CatalogMovie> Catalog::Update(std::int64_t id, const MoviePatch& patch,
                                     const CallContext& call) {
  return movies_.Update(id, patch, call);
}

Status Catalog::Delete(std::int64_t id, const CallContext& call) {
  return movies_.Delete(id, call);
}

Result<ImportAnswer> Catalog::Import(std::vector<Movie> movies, const CallContext& call) {
  ImportAnswer answer;
  std::vector<Movie> kept;
  kept.reserve(movies.size());
  for (std::size_t i = 0; i < movies.size(); ++i) {
    const std::int64_t id = movies[i].id;
    if (auto checked = rules::CheckedImport(std::move(movies[i])); checked.ok()) {
      kept.push_back(*std::move(checked));
    } else {
      answer.rejected.push_back({i, id, std::move(checked).error()});
    }
  }
  ASSIGN_OR_RETURN(answer.counts, movies_.Import(kept, call));
  return answer;
}

Status Catalog::Export(const CallContext& call,
                       const std::function<Status(const std::vector<CatalogMovie>&)>& each) {
  MovieListing listing{.limit = kExportChunk};
  do {
    ASSIGN_OR_RETURN(auto page, movies_.List(listing, call));
    if (!page.movies.empty()) RETURN_IF_ERROR(each(page.movies));
    listing.after = std::move(page.next);
  } while (!listing.after.empty());
  return {};
}

Result<Poster> Catalog::GetPoster(std::int64_t movie_id, const CallContext& call) {
  return posters_.Find(movie_id, call);
}

Status Catalog::PutPoster(std::int64_t movie_id, std::string bytes, const CallContext& call) {
  ASSIGN_OR_RETURN(const Poster poster, CheckedPoster(std::move(bytes)));
  return posters_.Put(movie_id, poster, call);
}

Result<std::vector<GenreCount>> Catalog::Genres(const CallContext& call) {
  return genres_.Get("", [&] { return audience_.Genres(call); });
}

Result<std::vector<YearRatings>> Catalog::RatingsByYear(int year_min, int year_max,
                                                        const CallContext& call) {
  RETURN_IF_ERROR(CheckYears(year_min, year_max));
  return years_.Get(std::to_string(year_min) + "-" + std::to_string(year_max),
                    [&] { return audience_.RatingsByYear(year_min, year_max, call); });
}

Result<std::vector<GenreMovies>> Catalog::PopularByGenre(const std::string& genre, int count,
                                                         const CallContext& call) {
  const int most = Within(count, kDefaultPopularByGenre, kMaxPage);
  return popular_by_genre_.Get(std::to_string(most) + ";" + AsciiLower(genre),
                               [&] { return audience_.PopularByGenre(genre, most, call); });
}

Result<std::vector<ScoredMovie>> Catalog::Trending(int count, const CallContext& call) {
  const int most = Within(count, kDefaultPage, kMaxPage);
  auto answer = trending_.Get(std::to_string(most), [&] { return audience_.Trending(most, call); });
  if (!answer.ok()) return std::move(answer).error();
  const Time now = clock_.Now();
  std::vector<ScoredMovie> scored;
  scored.reserve(answer->size());
  for (auto& [movie, trend] : *answer) scored.push_back({std::move(movie), trend.ScoreAt(now)});
  return scored;
}

Result<std::vector<CatalogMovie>> Catalog::Popular(MovieFilter filter, int count,
                                                   const CallContext& call) {
  RETURN_IF_ERROR(CheckYears(filter.year_min, filter.year_max));
  filter.query.clear();
  const MovieListing listing{.filter = std::move(filter),
                             .order = MovieOrder::kRatingCountDescending,
                             .limit = Within(count, kDefaultPage, kMaxPage)};
  const std::string name =
      ListName(listing.filter, listing.order) + ";" + std::to_string(listing.limit);
  return popular_.Get(name, [&]() -> Result<std::vector<CatalogMovie>> {
    ASSIGN_OR_RETURN(auto page, movies_.List(listing, call));
    return std::move(page.movies);
  });
}

}  // namespace marquee::catalog
