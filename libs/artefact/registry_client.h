// The registry from the outside: which version an alias names, and that version's
// artefact, downloaded into a cache folder and trusted only once its size, its SHA-256, its shapes
// and its values have been checked. Library marquee_registry_client (marquee_artefact has no gRPC).
//
//   artefact::RegistryClient registry(channel, token, config.registry);
//   auto version = registry.GetAlias("ranking", "champion");
//   auto model = registry.Fetch(*version);  // model->loaded.ranker serves
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "base/result.h"

namespace grpc {
class Channel;
}
namespace marquee::config {
class Reader;
}
namespace marquee::rpc {
class ServiceToken;
}

namespace marquee::artefact {

inline constexpr char kChampion[] = "champion";
inline constexpr char kCandidate[] = "candidate";

struct RegistryClientConfig {
  std::filesystem::path cache_dir;     // MARQUEE_ARTEFACT_CACHE_DIR; made when missing
  std::int64_t max_bytes = 8LL << 30;  // MARQUEE_ARTEFACT_MAX_BYTES: a larger artefact is refused
  std::chrono::milliseconds call_timeout{2'000};        // MARQUEE_ARTEFACT_CALL_TIMEOUT_MS
  std::chrono::milliseconds download_timeout{600'000};  // MARQUEE_ARTEFACT_DOWNLOAD_TIMEOUT_MS
  int keep = 3;  // MARQUEE_ARTEFACT_CACHE_KEEP: newest files of a model

  static RegistryClientConfig Read(config::Reader& reader, const std::string& default_cache_dir);
};

// A version as the registry knows it.
struct RegisteredVersion {
  std::string model;
  std::int64_t version = 0;
  std::int64_t run_id = 0;
  std::vector<std::string> aliases;
  std::string sha256;
  std::int64_t size_bytes = 0;
  Time created_at;
  ModelCard card;
};

// A version with its checked artefact. Immutable; the file stays mapped as long as `loaded.ranker`
// lives, even when the cache has dropped it. Two versions may know different movies.
struct FetchedModel {
  RegisteredVersion version;
  std::filesystem::path path;
  LoadedModel loaded;
};

// Thread-safe. Every call has a deadline; nothing is retried here (the watcher does).
class RegistryClient {
 public:
  // `token` outlives the client; nullptr calls without one (tests).
  RegistryClient(std::shared_ptr<grpc::Channel> registry, rpc::ServiceToken* token,
                 RegistryClientConfig config);
  ~RegistryClient();

  // NotFound "alias_unset" while nothing was promoted; Unavailable …; DataLoss when the card can't
  // be read or doesn't describe this version. A stop request ends either call at once (Cancelled).
  Result<RegisteredVersion> GetAlias(const std::string& model, const std::string& alias,
                                     std::stop_token stop = {});

  // From the cache when it holds an intact copy, else downloaded (temporary file, bounded size,
  // hash, rename) and then checked whole. DataLoss "artefact_corrupt": wrong hash, size, shapes or
  // values, or a model of another kind than its name says; the file is removed. ResourceExhausted
  // "artefact_too_large", Unavailable for the network and the disk.
  Result<FetchedModel> Fetch(const RegisteredVersion& version, std::stop_token stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::artefact
