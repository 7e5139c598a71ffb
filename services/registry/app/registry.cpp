#include "registry/app/registry.h"

#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "base/uuid.h"
#include "logging/log.h"
#include "models/registry.h"
#include "registry/domain/quality_gate.h"

namespace marquee::registry {
namespace {
// Looked at in one go, beyond the kept ones: more than one run can add.
constexpr int kOldVersions = 50;
// For the removal of an artefact that nobody will own.
constexpr std::chrono::milliseconds kLeftoverTime{10'000};

// That the file loads and is good for what the model's name promises; its algorithm.
Result<std::string> CheckModelFile(const std::string& model, const Upload& upload) {
  ASSIGN_OR_RETURN(const auto loaded, artefact::LoadModel(upload.path()));
  RETURN_IF_ERROR(artefact::CheckServes(model, loaded));
  return loaded.algorithm;
}

Error Refused(const Error& error) {
  return Error::InvalidArgument(
      error.reason == "model_card_invalid" ? error.reason : "artefact_broken", error.message);
}

Result<artefact::ModelCard> CheckCard(const std::string& text, const Upload& served,
                                      const std::string& sha256) {
  auto card = artefact::ParseModelCard(text);
  if (!card.ok()) return Refused(card.error());
  RETURN_IF_ERROR(CheckModel(card->model));
  if (card->artefact_bytes != served.bytes())
    return Error::InvalidArgument("artefact_size_differs",
                                  "The artefact has " + std::to_string(served.bytes()) +
                                      " bytes; its card says artefact_bytes " +
                                      std::to_string(card->artefact_bytes) + ".");
  if (card->artefact_sha256 != sha256)
    return Error::InvalidArgument(
        "artefact_hash_differs",
        "The artefact's SHA-256 is " + sha256 + "; its card says another, artefact_sha256.");
  return card;
}

// Takes the champion's metric as far as it is known: judged anew by whoever delivers, and then maybe
// person by person, or from its record.
void Compare(const ModelVersion& champion, const Objective& objective,
             const artefact::ModelCard& candidate, std::int64_t compared_with, GateInput& gate) {
  const auto judged = candidate.metrics.find("champion." + objective.metric);
  if (judged != candidate.metrics.end() && compared_with == champion.version) {
    gate.champion = judged->second;
    const auto lower = candidate.metrics.find("champion.gain_lower");
    if (lower != candidate.metrics.end()) gate.gain_lower = lower->second;
    return;
  }
  const auto card = artefact::ParseModelCard(champion.card);
  gate.champion = FromRecord(objective, champion.metrics, candidate.metrics,
                             card.ok() && card->data.sha256 == candidate.data.sha256);
}

}  // namespace

Result<Artefact> Registry::Store(const Upload& upload, const std::string& sha256,
                                 const CallContext& call) {
  if (upload.bytes() == 0) return Artefact{};
  Artefact artefact{
      .id = Uuid::V7(clock_.Now()).ToString(), .sha256 = sha256, .bytes = upload.bytes()};
  RETURN_IF_ERROR(artefacts_.Put(artefact.id, upload.path(), call));
  return artefact;
}

// Best effort: what stays is swept. In a time of its own: the call that left it may have failed
// because its own was up.
void Registry::DropLeftover(const std::string& id) {
  if (id.empty()) return;
  (void)artefacts_.Remove(id, CallContext(SystemClock().Now() + kLeftoverTime));
}

Result<Registered> Registry::Register(const Delivery& delivery, Upload& served, Upload& evaluation,
                                      const CallContext& call) {
  const auto sha256 = served.Finish();
  const auto evaluation_sha256 = evaluation.Finish();
  ASSIGN_OR_RETURN(auto card, CheckCard(delivery.card, served, sha256));
  const auto algorithm = CheckModelFile(card.model, served);
  if (!algorithm.ok()) return Refused(algorithm.error());
  if (*algorithm != card.algorithm)
    return Error::InvalidArgument(
        "model_card_invalid",
        "The card's algorithm is " + card.algorithm + ", the artefact's " + *algorithm + ".");
  if (evaluation.bytes() > 0) {
    const auto sound = CheckModelFile(card.model, evaluation);
    if (!sound.ok())
      return Error::InvalidArgument("artefact_broken",
                                    "The evaluation artefact: " + sound.error().message);
  }

  const auto& task = *models::FindTask(card.model);
  const auto objective = ObjectiveOf(task);
  GateInput gate{.candidate = std::numeric_limits<double>::quiet_NaN(),
                 .force = delivery.force_promotion,
                 .min_improvement = options_.min_improvement};
  if (const auto measured = card.metrics.find(objective.metric); measured != card.metrics.end())
    gate.candidate = measured->second;
  const auto champion = versions_.GetAlias(card.model, kChampion, call);
  if (!champion.ok() && champion.error().code != Code::kNotFound) return champion.error();
  gate.champion_exists = champion.ok();
  if (champion.ok()) {
    const auto found = Inspect(*champion, call).served;
    // Only what is known to be lost: a store that can't be asked for a moment isn't that.
    if (!found.ok() && found.error().code != Code::kNotFound &&
        found.error().code != Code::kDataLoss)
      return found.error();
    gate.champion_servable = found.ok();
    if (!found.ok())
      logging::Error("the champion can't be served: a sound candidate takes its place",
                     {{"model", card.model},
                      {"version", champion->version},
                      {"error", found.error().ToString()}});
    Compare(*champion, objective, card, delivery.compared_with, gate);
  }
  auto decision = Decide(objective, gate);
  card.decision = decision.reason;

  NewVersion version{.model = card.model,
                     .run_id = card.run_id,
                     .metrics = card.metrics,
                     .card = artefact::ToJson(card),
                     .promote = decision.promote};
  if (!delivery.force_promotion) version.champion_compared = champion.ok() ? champion->version : 0;
  ASSIGN_OR_RETURN(version.served, Store(served, sha256, call));
  ASSIGN_OR_RETURN(version.evaluation, Store(evaluation, evaluation_sha256, call));
  ASSIGN_OR_RETURN(auto added, versions_.Add(version, call));
  if (!added.fresh) {
    // The same again: mends what has been lost of it.
    const auto& there = added.version.served.id;
    const auto found = Inspect(added.version, call).served;
    if (!there.empty() && !found.ok() &&
        (found.error().code == Code::kNotFound || found.error().code == Code::kDataLoss)) {
      RETURN_IF_ERROR(artefacts_.Remove(there, call));
      RETURN_IF_ERROR(artefacts_.Put(there, served.path(), call));
    }
    DropLeftover(version.served.id);
    DropLeftover(version.evaluation.id);
    decision.reason.clear();
  } else {
    logging::Info("version registered", {{"model", card.model},
                                         {"version", added.version.version},
                                         {"run_id", card.run_id},
                                         {"by", call.caller.user_id},
                                         {"promote", decision.promote},
                                         {"why", decision.reason},
                                         {"candidate", gate.candidate},
                                         {"champion", gate.champion.value_or(0)}});
    promoted_();
  }
  inspector_.Describe(added.version, call);
  return Registered{std::move(added.version), std::move(decision.reason)};
}

Result<ModelVersion> Registry::TakeOver(ModelVersion version, Upload& served, Upload& evaluation,
                                        const CallContext& call) {
  RETURN_IF_ERROR(CheckModel(version.model));
  for (const auto& alias : version.aliases) RETURN_IF_ERROR(CheckAlias(alias));
  const auto sha256 = served.Finish();
  const auto evaluation_sha256 = evaluation.Finish();
  const auto usable = [&](const Upload& upload, bool as_registered) {
    if (upload.bytes() == 0) return false;
    const auto sound = CheckModelFile(version.model, upload);
    if (as_registered && sound.ok()) return true;
    logging::Warning(
        "an artefact of before is left out",
        {{"model", version.model},
         {"version", version.version},
         {"why", sound.ok() ? "it isn't the one that was registered" : sound.error().message}});
    return false;
  };
  const auto expected = version.served;
  const bool has_served =
      usable(served, sha256 == expected.sha256 && served.bytes() == expected.bytes);
  if (has_served) {
    ASSIGN_OR_RETURN(version.served, Store(served, sha256, call));
  }
  if (usable(evaluation, true)) {
    ASSIGN_OR_RETURN(version.evaluation, Store(evaluation, evaluation_sha256, call));
  }
  const auto given = std::pair(version.served.id, version.evaluation.id);
  auto taken = versions_.TakeOver(version, call);
  for (const auto& id : {given.first, given.second}) {
    const bool owned = taken.ok() && (taken->served.id == id || taken->evaluation.id == id);
    if (!owned) DropLeftover(id);
  }
  if (!taken.ok()) return taken;
  logging::Info("version taken over", {{"model", version.model},
                                       {"version", version.version},
                                       {"artefact", !taken->served.id.empty()},
                                       {"evaluation", !taken->evaluation.id.empty()}});
  promoted_();
  inspector_.Describe(*taken, call);
  return taken;
}

Result<std::vector<ModelVersion>> Registry::ListVersions(const std::string& model,
                                                         std::int64_t before, int limit,
                                                         const CallContext& call) {
  RETURN_IF_ERROR(CheckModel(model));
  auto versions = versions_.ListVersions(model, before, limit, call);
  if (versions.ok()) {
    for (auto& version : *versions) inspector_.Describe(version, call);
  }
  return versions;
}

Result<std::vector<ModelVersion>> Registry::OfRuns(const std::vector<std::int64_t>& run_ids,
                                                   const CallContext& call) {
  auto versions = versions_.OfRuns(run_ids, call);
  if (versions.ok()) {
    for (auto& version : *versions) inspector_.Describe(version, call);
  }
  return versions;
}

Result<ModelVersion> Registry::GetAlias(const std::string& model, const std::string& alias,
                                        const CallContext& call) {
  RETURN_IF_ERROR(CheckModel(model));
  RETURN_IF_ERROR(CheckAlias(alias));
  auto version = versions_.GetAlias(model, alias, call);
  if (version.ok()) inspector_.Describe(*version, call);
  return version;
}

Result<ModelVersion> Registry::SetAlias(const std::string& model, const std::string& alias,
                                        std::int64_t version, const CallContext& call) {
  RETURN_IF_ERROR(CheckModel(model));
  RETURN_IF_ERROR(CheckAlias(alias));
  ASSIGN_OR_RETURN(const auto found, versions_.GetVersion(model, version, call));
  if (const auto served = Inspect(found, call).served; !served.ok())
    return Error::FailedPrecondition(served.error().reason,
                                     served.error().message + " It can't be served.");
  ASSIGN_OR_RETURN(auto moved, versions_.SetAlias(model, alias, version, call));
  inspector_.Describe(moved, call);
  promoted_();
  return moved;
}

Status Registry::Download(const std::string& model, std::int64_t version, bool evaluation,
                          const CallContext& call,
                          const std::function<Status(const Artefact&)>& begin,
                          const std::function<Status(std::string chunk)>& each) {
  RETURN_IF_ERROR(CheckModel(model));
  ASSIGN_OR_RETURN(const auto found, versions_.GetVersion(model, version, call));
  const Artefact& artefact = evaluation ? found.evaluation : found.served;
  if (artefact.id.empty())
    return Error::NotFound("artefact_missing",
                           "The " + std::string(evaluation ? "evaluation " : "") + "artefact of " +
                               model + " version " + std::to_string(version) + " is not there.");
  RETURN_IF_ERROR(begin(artefact));
  return artefacts_.Read(artefact.id, call, each);
}

Result<int> Registry::DropOldArtefacts(int keep, const CallContext& call) {
  int dropped = 0;
  for (const auto& task : models::Tasks()) {
    const std::string model(task.name);
    ASSIGN_OR_RETURN(const auto versions,
                     versions_.ListVersions(model, 0, keep + kOldVersions, call));
    for (auto i = static_cast<std::size_t>(keep); i < versions.size(); ++i) {
      if (!versions[i].aliases.empty() || versions[i].served.id.empty()) continue;
      ASSIGN_OR_RETURN(const auto there, artefacts_.Identify(versions[i].served.id, call));
      if (!there) continue;
      RETURN_IF_ERROR(artefacts_.Remove(versions[i].served.id, call));
      if (!versions[i].evaluation.id.empty())
        RETURN_IF_ERROR(artefacts_.Remove(versions[i].evaluation.id, call));
      ++dropped;
    }
  }
  return dropped;
}

Result<int> Registry::SweepArtefacts(std::chrono::milliseconds age, const CallContext& call) {
  // In this order: what gets an owner meanwhile is owned when the owners are asked for.
  ASSIGN_OR_RETURN(const auto old, artefacts_.OlderThan(age, call));
  if (old.empty()) return 0;
  ASSIGN_OR_RETURN(const auto owned, versions_.Artefacts(call));
  const std::set<std::string> keep(owned.begin(), owned.end());
  int swept = 0;
  for (const auto& id : old) {
    if (keep.contains(id)) continue;
    RETURN_IF_ERROR(artefacts_.Remove(id, call));
    ++swept;
  }
  return swept;
}

}  // namespace marquee::registry
