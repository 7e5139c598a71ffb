// How long the transcoder takes for a page of 20 movies, and protobuf's own JSON beside it.
#include <benchmark/benchmark.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include <string>

#include "gateway/transcode/json_reader.h"
#include "gateway/transcode/json_writer.h"
#include "gateway/transcode/transcoder.h"
#include "marquee/catalog/v1/catalog.pb.h"

namespace marquee::gateway {
namespace {

class Page : public benchmark::Fixture {
 public:
  Page() : plan_(**plans_.Add(response_.GetDescriptor())) {
    for (int i = 0; i < 20; ++i) {
      auto* movie = response_.add_movies();
      movie->set_movie_id(1000 + i);
      movie->set_title("The Shawshank Redemption, part " + std::to_string(i));
      movie->set_year(1994 + i);
      for (const char* genre : {"Crime", "Drama"}) movie->add_genres(genre);
      movie->set_imdb_id("tt0111161");
      movie->set_tmdb_id(278);
      movie->set_rating_count(317);
      movie->set_rating_mean(4.429022082018927);
      movie->set_rating_bayesian_mean(4.39);
    }
    AppendJson(response_, plan_, json_);
  }

  // Bytes per second are of the page's JSON.
  void TearDown(benchmark::State& state) override {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json_.size()));
  }

 protected:
  catalog::v1::ListMoviesResponse response_;
  PlanSet plans_{*google::protobuf::MessageFactory::generated_factory()};
  const MessagePlan& plan_;
  std::string json_;
};

BENCHMARK_F(Page, MessageToJsonOurs)(benchmark::State& state) {
  for ([[maybe_unused]] auto round : state) {
    std::string out;
    out.reserve(1024);
    AppendJson(response_, plan_, out);
    benchmark::DoNotOptimize(out.data());
  }
}

BENCHMARK_F(Page, MessageToJsonProtobufs)(benchmark::State& state) {
  for ([[maybe_unused]] auto round : state) {
    std::string out;
    benchmark::DoNotOptimize(google::protobuf::util::MessageToJsonString(response_, &out));
  }
}

BENCHMARK_F(Page, JsonToMessageOurs)(benchmark::State& state) {
  for ([[maybe_unused]] auto round : state) {
    google::protobuf::Arena arena;
    benchmark::DoNotOptimize(ReadJson(json_, *plan_.New(&arena), plan_).ok());
  }
}

BENCHMARK_F(Page, JsonToMessageProtobufs)(benchmark::State& state) {
  for ([[maybe_unused]] auto round : state) {
    google::protobuf::Arena arena;
    benchmark::DoNotOptimize(
        google::protobuf::util::JsonStringToMessage(json_, plan_.New(&arena)).ok());
  }
}

BENCHMARK_F(Page, ETag)(benchmark::State& state) {
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(StrongETag(json_));
}

}  // namespace
}  // namespace marquee::gateway
