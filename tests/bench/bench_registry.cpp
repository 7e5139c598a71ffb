// An artefact into PostgreSQL and out again, through the registry's rpcs: MB/s, and the memory of
// the process, which has the server and the client in it.
//   MARQUEE_TEST_POSTGRES_URI=… build/release/bench/bench_registry [MEGABYTES]     200
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "artefact/registry_transfer.h"
#include "metrics/metrics.h"
#include "pg/testing.h"
#include "registry/rpc/registry_handler.h"
#include "registry/store/artefact_store.h"
#include "registry/store/version_store.h"
#include "registry/testing/deliveries.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"
#include "rpc/testing/fake_auth.h"

namespace marquee::registry {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr int kFactors = 64;

// VmHWM and RssAnon: mapped files are the system's cache.
long Kilobytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == field + ":") {
      long value = 0;
      status >> value;
      return value;
    }
  }
  return 0;
}

void Say(const char* what, double megabytes, SteadyClock::time_point since) {
  const std::chrono::duration<double> took = SteadyClock::now() - since;
  std::printf("%-10s %6.1f s  %6.1f MB/s  peak %ld MB, of its own now %ld MB\n", what, took.count(),
              megabytes / took.count(), Kilobytes("VmHWM") / 1024, Kilobytes("RssAnon") / 1024);
}

int Bench(double megabytes) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  artefact::ModelCard card;
  {
    const auto items = static_cast<std::int32_t>(megabytes * 1e6 / (4 * kFactors));
    std::vector<std::int64_t> ids;
    std::vector<float> bias(static_cast<std::size_t>(items), 0.1F);
    for (std::int32_t i = 1; i <= items; ++i) ids.push_back(i);
    const std::vector<float> factors(static_cast<std::size_t>(items) * kFactors, 0.25F);
    const std::vector<float> mean{3.5F};
    models::Model model;
    model.algorithm = "biased_als";
    model.item_ids = ids;
    model.parameters.Add("biased_als.global_mean", mean);
    model.parameters.Add("biased_als.item_bias", bias);
    model.parameters.Add("biased_als.item_factors",
                         models::MatrixView{factors.data(), items, kFactors});
    model.parameters.numbers = {{"biased_als.user_damping", 4}, {"biased_als.regularization", 1}};
    const auto written = artefact::SaveModel(path, model, {});
    card = testing::Deliver("rating", 1, 0.9).card;
    card.artefact_sha256 = written->sha256;
    card.artefact_bytes = written->bytes;
    megabytes = static_cast<double>(written->bytes) / 1e6;
  }
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak is the transfer's

  pg::TestDatabase database;
  database.Migrate("services/registry/migrations");
  pg::Pool pool({.uri = database.uri()});
  PgVersionStore versions(pool);
  PgArtefactStore artefacts(pool, std::chrono::minutes{10});
  Registry registry(versions, artefacts, {}, SystemClock(), [] {});
  RegistryHandler handler(registry, {.scratch = folder.path() / "uploads"});
  metrics::Metrics metrics;
  const rpc::FakeAuth auth("secret");
  token::Verifier verifier({}, auth.Keys(), SystemClock());
  rpc::MemoryKeys keys;
  const rpc::TestServer server({&handler}, verifier, metrics, {.keys = &keys});
  auto stub = v1::RegistryService::NewStub(rpc::MakeChannel(server.address()));

  std::printf("%.0f MB\n", megabytes);
  auto since = SteadyClock::now();
  {
    grpc::ClientContext context;
    rpc::ActAsService(context, auth.Token("service"), std::chrono::minutes{10});
    v1::NewModelVersion version;
    version.set_card(artefact::ToJson(card));
    v1::RegisterModelVersionResponse response;
    const auto sent = artefact::Register(*stub, context, version, {path, {}}, response);
    if (!sent.ok() || !sent->ok()) {
      std::fprintf(stderr, "%s\n",
                   sent.ok() ? sent->error_message().c_str() : sent.error().message.c_str());
      return 1;
    }
  }
  Say("register", megabytes, since);
  since = SteadyClock::now();
  {
    grpc::ClientContext context;
    rpc::ActAsService(context, auth.Token("service"), std::chrono::minutes{10});
    v1::DownloadArtefactRequest request;
    request.set_model("rating");
    request.set_version(1);
    const auto fetched =
        artefact::Download(*stub, context, request, {}, folder.path() / "copy.safetensors");
    if (!fetched.ok() || !fetched->ok()) return 1;
  }
  Say("download", megabytes, since);
  return 0;
}

}  // namespace
}  // namespace marquee::registry

int main(int argc, char** argv) {
  return marquee::registry::Bench(argc > 1 ? std::atof(argv[1]) : 200);
}
