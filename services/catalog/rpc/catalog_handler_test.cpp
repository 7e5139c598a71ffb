// The whole contract over real gRPC, with the store in memory.
#include "catalog/rpc/catalog_handler.h"

#include <gtest/gtest.h>

#include "catalog/rpc/convert.h"
#include "catalog/testing/memory_store.h"
#include "catalog/testing/pictures.h"
#include "marquee/options/v1/options.pb.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace marquee::catalog {
namespace {

class CatalogHandlerTest : public testing::Test {
 protected:
  CatalogHandlerTest()
      : key_(token::SigningKey::Generate()),
        verifier_(
            {},
            [this]() -> Result<std::vector<token::PublicKey>> {
              return std::vector{key_.public_key()};
            },
            SystemClock()),
        server_({&handler_}, verifier_, metrics_),
        stub_(v1::CatalogService::NewStub(rpc::MakeChannel(server_.address()))) {}

  std::string TokenOf(std::vector<std::string> roles) {
    token::Claims claims;
    claims.user_id = 7;
    claims.subject = "7";
    claims.roles = std::move(roles);
    claims.issued_at = SystemClock().Now();
    claims.expires_at = claims.issued_at + std::chrono::minutes{5};
    return key_.Sign(claims, {});
  }
  std::string Curator() { return TokenOf({"curator"}); }

  template <typename Method, typename Request, typename Response>
  Status Do(Method method, const Request& request, Response& response,
            const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{5});
    const auto status = (*stub_.*method)(&context, request, &response);
    if (status.ok()) return {};
    return rpc::FromGrpc(status);
  }
  v1::Movie Create(const std::string& title, int year, std::int64_t id = 0) {
    v1::CreateMovieRequest request;
    request.mutable_movie()->set_movie_id(id);
    request.mutable_movie()->set_title(title);
    request.mutable_movie()->set_year(year);
    request.mutable_movie()->add_genres("Comedy");
    v1::CreateMovieResponse response;
    const Status status = Do(&v1::CatalogService::Stub::CreateMovie, request, response, Curator());
    EXPECT_TRUE(status.ok()) << status.error().ToString();
    return response.movie();
  }
  Result<v1::ImportMoviesResponse> Import(const std::vector<v1::ImportMoviesRequest>& chunks) {
    grpc::ClientContext context;
    rpc::ActAsService(context, Curator(), std::chrono::seconds{5});
    v1::ImportMoviesResponse response;
    const auto writer = stub_->ImportMovies(&context, &response);
    for (const auto& chunk : chunks) writer->Write(chunk);
    writer->WritesDone();
    const auto status = writer->Finish();
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  MemoryMovies movies_{SystemClock()};
  MemoryPosters posters_{movies_};
  Catalog catalog_{movies_, posters_, movies_, SystemClock()};
  CatalogHandler handler_{catalog_};
  metrics::Metrics metrics_;
  token::SigningKey key_;
  token::Verifier verifier_;
  rpc::TestServer server_;
  std::unique_ptr<v1::CatalogService::Stub> stub_;
};

TEST_F(CatalogHandlerTest, CreatesReadsUpdatesAndDeletes) {
  const auto created = Create("Toy Story", 1995);
  EXPECT_GE(created.movie_id(), kFirstOwnMovieId);

  v1::UpdateMovieRequest update;
  update.set_movie_id(created.movie_id());
  update.mutable_movie()->set_title("Toy Story (remastered)");
  update.mutable_movie()->set_rating_count(99);  // the audience's: ignored
  update.mutable_update_mask()->add_paths("title");
  update.mutable_update_mask()->add_paths("year");
  v1::UpdateMovieResponse updated;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::UpdateMovie, update, updated, Curator()).ok());
  EXPECT_EQ(updated.movie().title(), "Toy Story (remastered)");
  EXPECT_EQ(updated.movie().year(), 0);
  EXPECT_EQ(updated.movie().genres_size(), 1);
  EXPECT_EQ(updated.movie().rating_count(), 0);

  v1::GetMovieRequest get;
  get.set_movie_id(created.movie_id());
  v1::GetMovieResponse got;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::GetMovie, get, got).ok());
  EXPECT_EQ(got.movie().title(), "Toy Story (remastered)");
  EXPECT_GT(got.movie().updated_at().seconds(), 1'000'000'000);

  v1::DeleteMovieRequest remove;
  remove.set_movie_id(created.movie_id());
  v1::DeleteMovieResponse removed;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::DeleteMovie, remove, removed, Curator()).ok());
  EXPECT_EQ(Do(&v1::CatalogService::Stub::GetMovie, get, got).error().reason, "movie_unknown");
}

TEST_F(CatalogHandlerTest, LetsOnlyCuratorsWrite) {
  v1::CreateMovieRequest request;
  request.mutable_movie()->set_title("Mine");
  v1::CreateMovieResponse response;
  EXPECT_EQ(Do(&v1::CatalogService::Stub::CreateMovie, request, response).error().code,
            Code::kUnauthenticated);
  EXPECT_EQ(
      Do(&v1::CatalogService::Stub::CreateMovie, request, response, TokenOf({"user"})).error().code,
      Code::kPermissionDenied);
}

TEST_F(CatalogHandlerTest, NamesTheFieldByItsPathInTheRequest) {
  v1::CreateMovieRequest create;
  create.mutable_movie()->set_title("Bad");
  create.mutable_movie()->set_imdb_id("nonsense");
  v1::CreateMovieResponse created;
  EXPECT_EQ(Do(&v1::CatalogService::Stub::CreateMovie, create, created, Curator()).error().field,
            "movie.imdb_id");
  Create("Good", 1990, 5);
  create.mutable_movie()->set_imdb_id("");
  create.mutable_movie()->set_movie_id(5);
  EXPECT_EQ(Do(&v1::CatalogService::Stub::CreateMovie, create, created, Curator()).error().reason,
            "movie_exists");
  v1::UpdateMovieRequest update;
  update.set_movie_id(5);
  update.mutable_movie()->set_title("x");
  update.mutable_update_mask()->add_paths("colour");
  v1::UpdateMovieResponse updated;
  const Error unknown =
      Do(&v1::CatalogService::Stub::UpdateMovie, update, updated, Curator()).error();
  EXPECT_EQ(unknown.reason, "field_unknown");
  EXPECT_EQ(unknown.field, "update_mask");
}

TEST_F(CatalogHandlerTest, ListsWithTokensAndRefusesUnknownOrders) {
  for (int i = 1; i <= 3; ++i) Create("Movie " + std::to_string(i), 2000 - i, i);
  v1::ListMoviesRequest request;
  request.set_order_by("year");
  request.set_page_size(2);
  v1::ListMoviesResponse first, second;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::ListMovies, request, first).ok());
  ASSERT_EQ(first.movies_size(), 2);
  EXPECT_EQ(first.movies(0).movie_id(), 3);
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::ListMovies, request, second).ok());
  ASSERT_EQ(second.movies_size(), 1);
  EXPECT_EQ(second.movies(0).movie_id(), 1);
  EXPECT_EQ(second.next_page_token(), "");
  request.set_order_by("colour");
  const Error error = Do(&v1::CatalogService::Stub::ListMovies, request, second).error();
  EXPECT_EQ(error.code, Code::kInvalidArgument);
  EXPECT_EQ(error.field, "order_by");
}

TEST_F(CatalogHandlerTest, ImportsChunksAndCountsThem) {
  std::vector<v1::ImportMoviesRequest> chunks(2);
  for (int i = 1; i <= 5; ++i) {
    auto& movie = *chunks[i <= 3 ? 0 : 1].add_movies();
    movie.set_movie_id(i);
    movie.set_title("Movie " + std::to_string(i));
  }
  const auto first = Import(chunks);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  EXPECT_EQ(first->received(), 5);
  EXPECT_EQ(first->inserted(), 5);
  chunks[1].mutable_movies(0)->set_year(1999);
  const auto second = Import(chunks).value();
  EXPECT_EQ(second.inserted(), 0);
  EXPECT_EQ(second.updated(), 1);
  EXPECT_EQ(second.unchanged(), 4);
}

TEST_F(CatalogHandlerTest, TellsWhichMoviesOfAnImportAreLeftOut) {
  std::vector<v1::ImportMoviesRequest> chunks(2);
  for (int i = 1; i <= 5; ++i) {
    auto& movie = *chunks[i <= 3 ? 0 : 1].add_movies();
    movie.set_movie_id(i);
    movie.set_title("Movie " + std::to_string(i));
  }
  chunks[0].mutable_movies(2)->set_title(std::string(501, 'x'));
  for (int i = 0; i < 33; ++i) chunks[1].mutable_movies(1)->add_genres("g" + std::to_string(i));
  const auto answer = Import(chunks);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->received(), 5);
  EXPECT_EQ(answer->inserted(), 3);
  EXPECT_EQ(answer->rejected_count(), 2);
  ASSERT_EQ(answer->rejected_size(), 2);
  EXPECT_EQ(answer->rejected(0).row(), 2);
  EXPECT_EQ(answer->rejected(0).movie_id(), 3);
  EXPECT_EQ(answer->rejected(0).field(), "title");
  EXPECT_EQ(answer->rejected(1).row(), 4);
  EXPECT_EQ(answer->rejected(1).reason(), "genres_too_many");

  v1::ImportMoviesRequest huge;
  for (int i = 0; i < 5'001; ++i) huge.add_movies()->set_movie_id(1);
  EXPECT_EQ(Import({huge}).error().reason, "too_many_items");
}

// The contract states the rules' bounds for OpenAPI and for what the guard refuses.
TEST(CatalogContract, HasTheBoundsOfTheRules) {
  const auto rule = [](const char* field) {
    return v1::Movie::descriptor()->FindFieldByName(field)->options().GetExtension(
        options::v1::field);
  };
  EXPECT_EQ(rule("title").max_length(), rules::kMostTitleCharacters);
  EXPECT_EQ(rule("year").maximum(), rules::kMostYear);
  EXPECT_EQ(rule("genres").max_items(), rules::kMostGenres);
  EXPECT_EQ(rule("genres").max_length(), rules::kMostGenreCharacters);
  EXPECT_EQ(rule("imdb_id").max_length(), rules::kMostImdbIdBytes);
}

TEST_F(CatalogHandlerTest, ExportsToServices) {
  for (int i = 1; i <= 3; ++i) Create("Movie " + std::to_string(i), 2000, i);
  grpc::ClientContext context;
  rpc::ActAsService(context, TokenOf({"service"}), std::chrono::seconds{5});
  const auto reader = stub_->ExportMovies(&context, {});
  v1::ExportMoviesResponse chunk;
  int movies = 0;
  while (reader->Read(&chunk)) movies += chunk.movies_size();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(movies, 3);
}

TEST_F(CatalogHandlerTest, ServesPostersByTheirContent) {
  Create("Toy Story", 1995, 1);
  v1::PutPosterRequest put;
  put.set_movie_id(1);
  put.mutable_image()->set_content_type("text/html");  // what the sender says doesn't count
  put.mutable_image()->set_data(TinyJpeg());
  v1::PutPosterResponse stored;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::PutPoster, put, stored, Curator()).ok());
  v1::GetPosterRequest get;
  get.set_movie_id(1);
  v1::GetPosterResponse got;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::GetPoster, get, got).ok());
  EXPECT_EQ(got.image().content_type(), "image/jpeg");
  EXPECT_EQ(got.image().data(), TinyJpeg());
  put.mutable_image()->set_data("<html>");
  EXPECT_EQ(Do(&v1::CatalogService::Stub::PutPoster, put, stored, Curator()).error().reason,
            "poster_unsupported");
}

TEST_F(CatalogHandlerTest, AnswersWithWhatTheAudienceSays) {
  Create("Toy Story", 1995, 1);
  Create("Alien", 1979, 2);
  const Trend now = Trend::Of(
      std::chrono::duration_cast<std::chrono::microseconds>(SystemClock().Now().time_since_epoch())
          .count());
  movies_.SetAudience(2, {.rating_count = 3, .mean = 4, .bayesian_mean = 3.6}, now);

  v1::ListRatingsByYearResponse years;
  ASSERT_TRUE(
      Do(&v1::CatalogService::Stub::ListRatingsByYear, v1::ListRatingsByYearRequest(), years).ok());
  ASSERT_EQ(years.years_size(), 1);
  EXPECT_EQ(years.years(0).year(), 1979);
  EXPECT_EQ(years.years(0).rating_count(), 3);
  EXPECT_EQ(years.years(0).rating_mean(), 4);

  v1::ListGenresResponse genres;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::ListGenres, v1::ListGenresRequest(), genres).ok());
  ASSERT_EQ(genres.genres_size(), 1);
  EXPECT_EQ(genres.genres(0).movie_count(), 2);

  v1::ListPopularByGenreResponse by_genre;
  ASSERT_TRUE(
      Do(&v1::CatalogService::Stub::ListPopularByGenre, v1::ListPopularByGenreRequest(), by_genre)
          .ok());
  ASSERT_EQ(by_genre.genres_size(), 1);
  EXPECT_EQ(by_genre.genres(0).movies(0).movie_id(), 2);

  v1::ListTrendingResponse trending;
  ASSERT_TRUE(
      Do(&v1::CatalogService::Stub::ListTrending, v1::ListTrendingRequest(), trending).ok());
  ASSERT_EQ(trending.movies_size(), 1);
  EXPECT_NEAR(trending.movies(0).score(), 1, 0.01);
  EXPECT_EQ(trending.movies(0).movie().rating_bayesian_mean(), 3.6);

  v1::ListPopularResponse popular;
  ASSERT_TRUE(Do(&v1::CatalogService::Stub::ListPopular, v1::ListPopularRequest(), popular).ok());
  EXPECT_TRUE(popular.degraded());
  ASSERT_EQ(popular.recommendations_size(), 2);
  EXPECT_EQ(popular.recommendations(0).movie_id(), 2);
  EXPECT_EQ(popular.recommendations(0).score(), 3);
}

TEST(PatchFromProto, TakesWhatIsSetWithoutAMask) {
  v1::UpdateMovieRequest request;
  request.set_movie_id(1);
  request.mutable_movie()->set_year(1999);
  auto patch = PatchFromProto(request).value();
  EXPECT_EQ(patch.year, 1999);
  EXPECT_FALSE(patch.title);
  EXPECT_FALSE(patch.genres);
  request.mutable_update_mask()->add_paths("*");
  patch = PatchFromProto(request).value();
  EXPECT_EQ(patch.title, "");
  EXPECT_TRUE(patch.genres && patch.genres->empty());
  request.mutable_movie()->set_movie_id(2);
  EXPECT_EQ(PatchFromProto(request).error().reason, "movie_id_mismatch");
}

TEST(PatchFromProto, RefusesToWriteWhatOnlyWeWrite) {
  for (const char* field :
       {"rating_count", "rating_mean", "rating_bayesian_mean", "has_poster", "updated_at"}) {
    v1::UpdateMovieRequest request;
    request.set_movie_id(1);
    request.mutable_update_mask()->add_paths(field);
    const auto patch = PatchFromProto(request);
    ASSERT_FALSE(patch.ok()) << field;
    EXPECT_EQ(patch.error().reason, "field_read_only");
    EXPECT_EQ(patch.error().field, "update_mask");
  }
}

}  // namespace
}  // namespace marquee::catalog
