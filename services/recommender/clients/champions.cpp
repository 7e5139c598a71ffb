#include "recommender/clients/champions.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "kafka/partition_log.h"
#include "logging/log.h"
#include "models/registry.h"

namespace marquee::recommender {
namespace {

std::int64_t VersionInUse(const Serving& serving, const std::string& model) {
  const auto* in_use = serving.model(model);
  return in_use == nullptr ? 0 : in_use->version;
}

// Trying again won't help: the registry has lost it, or has something else in its place.
bool Lost(const artefact::RegistryWatcherState& state) {
  if (!state.failed_to_fetch()) return false;
  const Code code = state.last.error().code;
  return code == Code::kNotFound || code == Code::kDataLoss || code == Code::kResourceExhausted;
}

// Of a model that isn't in use: nothing when the registry has said that there is none, or why it
// isn't.
Status WhyNone(const std::string& model, const artefact::RegistryWatcherState& state) {
  if (!state.named) {
    return Error::Unavailable("model_unknown", "the registry of models hasn't answered yet");
  }
  // The first champion ever, on its way to those who served without: they go on.
  const bool first = !state.last.ok() && !state.failed_to_fetch();
  if (*state.named == 0 || first) return {};
  return Error::Unavailable(
      "model_unavailable",
      "version " + std::to_string(*state.named) + " of the model " + model +
          (state.last.ok() ? " is being fetched"
                           : " can't be had: " + state.last.error().ToString()));
}

Result<artefact::RegisteredVersion> ReadNote(const std::filesystem::path& path,
                                             const std::string& model) {
  std::ifstream file(path);
  if (!file) return Error::NotFound("note_missing", "There is no note of a model.");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto parsed = ParseJson(text);
  if (!parsed.ok()) return Error::DataLoss("note_malformed", parsed.error().message);
  const auto& json = *parsed;
  artefact::RegisteredVersion version;
  try {
    version.model = model;
    version.version = json.at("version").get<std::int64_t>();
    version.sha256 = json.at("sha256").get<std::string>();
    version.size_bytes = json.at("size_bytes").get<std::int64_t>();
    version.created_at = Time{std::chrono::seconds{json.at("created_at").get<std::int64_t>()}};
  } catch (const nlohmann::json::exception& error) {
    return Error::DataLoss("note_malformed", error.what());
  }
  return version;
}

}  // namespace

Champions::Champions(artefact::RegistryClient& registry, Options options,
                     const kafka::ClusterConfig* cluster, ServingHolder& serving,
                     const Clock& clock, metrics::Metrics& metrics)
    : options_(std::move(options)),
      serving_(serving),
      clock_(clock),
      installs_(metrics.AddCounter("marquee_recommender_model_installs_total",
                                   "Times that a model was taken into use.")) {
  std::vector<artefact::RegistryWatcher*> watchers;
  // All are there before one can install: what each touches stays where it is.
  for (const auto& task : models::TasksOfRatings()) sha256_[std::string(task.name)];
  for (const auto& task : models::TasksOfRatings()) {
    const std::string model(task.name);
    watchers_[model] = Watch(registry, model);
    watchers.push_back(watchers_[model].get());
  }
  ObserveModels(metrics);
  if (cluster == nullptr) return;
  // From the live end: what was announced before, the watchers have asked for themselves.
  // What another topic of that name announces is looked at from its beginning.
  announcements_ = std::make_unique<kafka::PartitionLog>(
      kafka::PartitionLogConfig{.cluster = *cluster, .topic = artefact::kModelsTopic},
      [](std::int32_t partitions) -> Result<kafka::Offsets> {
        kafka::Offsets offsets;
        for (std::int32_t at = 0; at < partitions; ++at) offsets[at] = kafka::kFromEnd;
        return offsets;
      },
      [announce = artefact::AnnounceTo(std::move(watchers))](
          const kafka::Message& message, const LogPosition&) { announce(message); });
}

std::unique_ptr<artefact::RegistryWatcher> Champions::Watch(artefact::RegistryClient& registry,
                                                            const std::string& model) {
  InstallRemembered(registry, model);
  artefact::RegistryWatcherConfig config;
  config.model = model;
  config.poll = options_.poll;
  config.attempted = [this, model](const artefact::RegistryWatcherState& state) {
    serving_.SetLost(model, state.failed_to_fetch());
  };
  return std::make_unique<artefact::RegistryWatcher>(
      registry, std::move(config),
      [this](const std::shared_ptr<const artefact::FetchedModel>& fetched) {
        return Install(*fetched);
      });
}

Champions::~Champions() { Stop(); }

void Champions::Stop() {
  if (announcements_) announcements_->Stop();
  for (const auto& [model, watcher] : watchers_) watcher->Stop();
}

Status Champions::Ready() const {
  const auto serving = serving_.Get();
  for (const auto& [model, watcher] : watchers_) {
    if (serving->model(model) != nullptr) continue;
    const auto state = watcher->state();
    const bool in_vain = !state.named && state.failures > 0;
    // Lists need a model that ranks; the others can be done without once they are known to be lost.
    if (model != models::kRanking && (Lost(state) || in_vain)) continue;
    RETURN_IF_ERROR(WhyNone(model, state));
  }
  return {};
}

Status Champions::Install(const artefact::FetchedModel& model) {
  const auto& version = model.version;
  // By its content too: a cache can outlive the registry that numbered its models.
  std::string& sha256 = sha256_.at(version.model);
  if (VersionInUse(*serving_.Get(), version.model) == version.version && sha256 == version.sha256) {
    return {};
  }
  serving_.Install(version.model,
                   std::make_shared<const ModelInUse>(ModelInUse{.version = version.version,
                                                                 .created_at = version.created_at,
                                                                 .ranker = model.loaded.ranker}));
  model.loaded.file->ReleasePages();
  sha256 = version.sha256;
  installs_.Increment();
  Remember(version);
  return {};
}

std::filesystem::path Champions::NotePath(const std::string& model) const {
  return options_.cache_dir / (model + ".in-use.json");
}

void Champions::InstallRemembered(artefact::RegistryClient& registry, const std::string& model) {
  const auto version = ReadNote(NotePath(model), model);
  if (!version.ok()) {
    if (version.error().code != Code::kNotFound) {
      logging::Warning("the note of the model last in use can't be read",
                       {{"model", model}, {"error", version.error().ToString()}});
    }
    return;
  }
  // Without a file in the cache this would ask the registry, which the watcher does anyway.
  std::error_code failed;
  bool cached = false;
  for (const auto& file : std::filesystem::directory_iterator(options_.cache_dir, failed)) {
    cached = cached || file.path().filename().string().starts_with(
                           model + "-" + std::to_string(version->version) + "-");
  }
  if (!cached) return;
  const auto fetched = registry.Fetch(*version);
  const auto installed = fetched.ok() ? Install(*fetched) : Status(fetched.error());
  if (installed.ok()) {
    logging::Info("model in use from the cache", {{"model", model}, {"version", version->version}});
  } else {
    logging::Warning("the cached model can't be used",
                     {{"model", model}, {"error", installed.error().ToString()}});
  }
}

void Champions::Remember(const artefact::RegisteredVersion& version) const {
  const nlohmann::json note{{"version", version.version},
                            {"sha256", version.sha256},
                            {"size_bytes", version.size_bytes},
                            {"created_at", std::chrono::duration_cast<std::chrono::seconds>(
                                               version.created_at.time_since_epoch())
                                               .count()}};
  const auto path = NotePath(version.model);
  const auto temporary = path.string() + ".new";
  std::error_code failed;
  {
    std::ofstream file(temporary, std::ios::trunc);
    file << note.dump() << '\n';
    file.flush();
    if (!file) failed = std::make_error_code(std::errc::io_error);
  }
  if (!failed) std::filesystem::rename(temporary, path, failed);
  if (failed) {
    logging::Warning("the model in use can't be noted: a restart will need the registry",
                     {{"path", path.string()}, {"error", failed.message()}});
  }
}

void Champions::ObserveModels(metrics::Metrics& metrics) {
  for (const auto& [name, owned] : watchers_) {
    const std::string model = name;
    const auto* watcher = owned.get();
    metrics.AddGaugeFunction(
        "marquee_recommender_model_version", "The version of the model in use; 0: none.",
        {{"model", model}},
        [this, model] { return static_cast<double>(VersionInUse(*serving_.Get(), model)); });
    metrics.AddGaugeFunction(
        "marquee_recommender_champion_version",
        "The version that the registry names as champion; 0: none; -1: it hasn't answered yet.",
        {{"model", model}},
        [watcher] { return static_cast<double>(watcher->state().named.value_or(-1)); });
    metrics.AddGaugeFunction(
        "marquee_recommender_model_failures",
        "Times that the champion couldn't be asked for or had, since the start.",
        {{"model", model}}, [watcher] { return static_cast<double>(watcher->state().failures); });
    metrics.AddGaugeFunction(
        "marquee_recommender_model_age_seconds", "Since the model in use was trained; 0: none.",
        {{"model", model}}, [this, model] {
          const auto serving = serving_.Get();
          const auto* in_use = serving->model(model);
          if (in_use == nullptr) return 0.0;
          return std::chrono::duration<double>(clock_.Now() - in_use->created_at).count();
        });
  }
}

}  // namespace marquee::recommender
