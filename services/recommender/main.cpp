#include "recommender/app/recommender.h"

#include "base/clock.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "people/people_feed.h"
#include "ratings/topics.h"
#include "recommender/app/catalogue_follower.h"
#include "recommender/app/log_readiness.h"
#include "recommender/clients/ratings_client.h"
#include "recommender/config.h"
#include "recommender/consume/erasure_feed.h"
#include "recommender/consume/rating_feed.h"
#include "recommender/rpc/recommender_handler.h"
#include "rpc/client.h"
#include "rpc/server.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header

int main(int argc, char** argv) {
  if (const auto status = config::AnswerArguments(argc, argv, recommender::Config::FromEnv))
    return *status;
  const auto config = recommender::Config::FromEnv(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  rpc::Prepare("recommender", config->server);
  kafka::UseStructuredLog();
  metrics::Metrics metrics;
  const Clock& clock = SystemClock();

  const auto auth = rpc::MakeChannel(config->auth_address);
  token::Verifier verifier({}, rpc::JwksFrom(auth), clock);
  rpc::ServiceToken token(auth, "recommender", config->service_secret, clock);

  recommender::ServingHolder serving;
  recommender::CatalogueFollower catalogue(serving, {}, metrics);
  movies::MovieFeed movie_feed(config->kafka, catalogue, metrics, "recommender");
  artefact::RegistryClient registry(rpc::MakeChannel(config->registry_address), &token,
                                    config->registry);
  recommender::Champions champions(registry, config->champions, &config->kafka, serving, clock,
                                   metrics);

  recommender::HistoryStore store(config->store, clock);
  recommender::RatingFeed feed(config->kafka, std::string(ratings::kRatingsTopic), store, metrics);
  kafka::Producer producer({.cluster = config->kafka});
  const recommender::ErasureFeed erasures(
      config->kafka, producer, [&](std::int64_t user) { store.Erase(user); }, clock, metrics);
  recommender::RatingsClient ratings(rpc::MakeChannel(config->ratings_address));
  recommender::Histories histories(store, ratings, feed, config->histories, clock, metrics);

  recommender::Recommender recommender(serving, histories, clock, metrics);
  recommender::RecommenderHandler handler(recommender);
  // Kafka is needed at the start alone: without it lists are served from what is known (D10).
  recommender::LogReadiness log(feed, config->log_patience, clock);
  const people::PeopleFeed people(config->kafka, clock, metrics, "recommender");
  return rpc::Serve(config->server, {&handler}, verifier, metrics,
                    {{"catalogue",
                      [&]() -> Status {
                        RETURN_IF_ERROR(movie_feed.Ready());
                        return catalogue.Ready();
                      }},
                     {"model", [&] { return champions.Ready(); }},
                     {"ratings log", [&] { return log.Check(); }}},
                    {.check = people.check()});
}
