// How long the transcoder takes for a page of 20 movies, and protobuf's own JSON beside it:
// `gateway_bench [PART OF NAME]`; `gateway_bench requests` measures whole requests.
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

#include "gateway/gateway_bench.h"
#include "gateway/transcode/json_reader.h"
#include "gateway/transcode/json_writer.h"
#include "gateway/transcode/transcoder.h"
#include "marquee/catalog/v1/catalog.pb.h"

namespace marquee::gateway {
namespace {

// Processor time, so that a busy machine changes little.
double ThreadMicroseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

const char* only = "";  // measures whose name has this

template <typename Work>
void Measure(const char* what, Work work) {
  if (std::strstr(what, only) == nullptr) return;
  std::vector<double> rounds;
  for (int round = 0; round < 15; ++round) {
    constexpr int kTimes = 2000;
    const double start = ThreadMicroseconds();
    for (int i = 0; i < kTimes; ++i) work();
    rounds.push_back((ThreadMicroseconds() - start) / kTimes);
  }
  std::sort(rounds.begin(), rounds.end());
  std::printf("%-34s %8.2f µs (median of 15 rounds; least %.2f)\n", what, rounds[7], rounds[0]);
}

void Run() {
  catalog::v1::ListMoviesResponse response;
  for (int i = 0; i < 20; ++i) {
    auto* movie = response.add_movies();
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
  PlanSet plans(*google::protobuf::MessageFactory::generated_factory());
  const MessagePlan& plan = **plans.Add(response.GetDescriptor());
  std::string json;
  AppendJson(response, plan, json);
  std::printf("a page of 20 movies: %zu bytes of JSON\n", json.size());
  Measure("message to JSON, ours", [&] {
    std::string out;
    out.reserve(1024);
    AppendJson(response, plan, out);
  });
  Measure("message to JSON, protobuf's", [&] {
    std::string out;
    static_cast<void>(google::protobuf::util::MessageToJsonString(response, &out));
  });
  Measure("JSON to message, ours", [&] {
    google::protobuf::Arena arena;
    static_cast<void>(ReadJson(json, *plan.New(&arena), plan).ok());
  });
  Measure("JSON to message, protobuf's", [&] {
    google::protobuf::Arena arena;
    static_cast<void>(google::protobuf::util::JsonStringToMessage(json, plan.New(&arena)));
  });
  Measure("ETag of the page", [&] { static_cast<void>(StrongETag(json)); });
}

}  // namespace
}  // namespace marquee::gateway

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "requests") == 0) {
    marquee::gateway::BenchRequests();
    return 0;
  }
  if (count > 1) marquee::gateway::only = arguments[1];
  marquee::gateway::Run();
}
