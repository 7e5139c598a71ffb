// sentiment train: learns from labelled texts here, and hands the model to the registry and its gate.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "artefact/sha256.h"
#include "base/clock.h"
#include "ctl/app/sentiment.h"
#include "ctl/clients/models.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"
#include "models/registry.h"
#include "models/sentiment/training.h"
#include "rpc/client.h"

namespace marquee::ctl {
namespace {

namespace fs = std::filesystem;
namespace sentiment = models::sentiment;
using nlohmann::json;

// A folder of this process's own, which goes with it.
class ScratchFolder {
 public:
  static Result<ScratchFolder> Make() {
    std::string pattern = (fs::temp_directory_path() / "marquee-sentiment.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      return Error::Unavailable(
          "scratch_unavailable",
          "No folder can be made in " + fs::temp_directory_path().string() + ".");
    return ScratchFolder(pattern);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// Of what was learned from: the same texts in the same order have the same.
std::string HashOf(const std::vector<sentiment::LabelledText>& texts) {
  artefact::Sha256 hash;
  for (const auto& text : texts) {
    hash.Update(std::string_view(text.positive ? "1" : "0"));
    hash.Update(text.text);
    hash.Update(std::string_view("\0", 1));
  }
  return hash.FinishHex();
}

std::map<std::string, double> Hyperparameters(const sentiment::FitOptions& options, double c) {
  const auto& vectorizer = options.vectorizer;
  return {{"c", c},
          {"smoothing", options.smoothing},
          {"normalize", options.normalize ? 1 : 0},
          {"ngram_max", vectorizer.ngram_max},
          {"max_features", static_cast<double>(vectorizer.max_features)},
          {"binary", vectorizer.binary ? 1 : 0},
          {"min_token_length", vectorizer.tokens.min_token_length},
          {"join_apostrophes", vectorizer.tokens.join_apostrophes ? 1 : 0},
          {"negation_scope", vectorizer.tokens.negation_scope}};
}

struct Champion {
  std::int64_t version = 0;  // 0: there is none
  // Null where it can't be judged: its recorded accuracy counts then.
  std::shared_ptr<const sentiment::Classifier> evaluation = {};
};

Result<Champion> FetchChampion(const Context& context, RestClient& rest, const fs::path& folder) {
  const auto found = rest.Get("/v1/models/sentiment/aliases/champion");
  if (!found.ok() && found.error().reason == "alias_unset") return Champion{};
  if (!found.ok()) return found.error();
  Champion champion{.version = found->value("version", std::int64_t{0})};
  ASSIGN_OR_RETURN(const auto token, rest.AccessToken());
  const auto file = folder / "champion.safetensors";
  const auto load = [&]() -> Result<artefact::LoadedModel> {
    RETURN_IF_ERROR(FetchModel(rpc::MakeChannel(context.registry_address), token, "sentiment",
                               champion.version, true, file));
    return artefact::LoadModel(file);
  };
  const auto loaded = load();
  if (loaded.ok()) champion.evaluation = loaded->classifier;
  if (champion.evaluation == nullptr && !context.json)
    fmt::print(stderr,
               "The champion, version {}, can't be judged on these texts{}: its recorded "
               "accuracy counts.\n",
               champion.version, loaded.ok() ? "" : " (" + loaded.error().message + ")");
  return champion;
}

struct Saved {
  fs::path served;
  fs::path evaluation;
  std::string card;
};

Result<Saved> Save(const std::vector<sentiment::LabelledText>& texts,
                   const sentiment::FitOptions& options, const sentiment::Trained& trained,
                   const fs::path& stem) {
  Saved saved{.served = stem.string() + ".safetensors",
              .evaluation = stem.string() + ".evaluation.safetensors",
              .card = {}};
  const artefact::Metadata about{{"code_version", MARQUEE_CODE_VERSION}};
  ASSIGN_OR_RETURN(const auto written,
                   artefact::SaveModel(saved.served, *trained.served.classifier, about));
  RETURN_IF_ERROR(artefact::SaveModel(saved.evaluation, *trained.evaluation.classifier, about));
  artefact::ModelCard card{
      .model = std::string(models::kSentiment),
      .algorithm = std::string(sentiment::kAlgorithm),
      .data = {.texts = std::ssize(texts), .next_offsets = {}, .sha256 = HashOf(texts)},
      .seed = static_cast<std::int64_t>(options.seed),
      .hyperparameters = Hyperparameters(options, trained.served.c),
      .metrics = trained.metrics,
      .code_version = MARQUEE_CODE_VERSION,
      .artefact_sha256 = written.sha256,
      .artefact_bytes = written.bytes,
      .created_at = SystemClock().Now()};
  saved.card = artefact::ToJson(card);
  return saved;
}

std::string MetricsText(const std::map<std::string, double>& metrics) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : metrics)
    rows.push_back(
        {name, name == "texts" ? Grouped(static_cast<std::int64_t>(value)) : Fixed(value, 4)});
  return "On the texts that were held out:\n" + Table({"metric", "value"}, rows);
}

Result<json> Deliver(const Context& context, RestClient& rest, const Saved& saved,
                     const Champion& champion, bool force) {
  ASSIGN_OR_RETURN(const auto token, rest.AccessToken());
  return SendModel(rpc::MakeChannel(context.registry_address), token,
                   {.file = saved.served,
                    .evaluation_file = saved.evaluation,
                    .card = saved.card,
                    .force_promotion = force,
                    .compared_with = champion.evaluation != nullptr ? champion.version : 0});
}

}  // namespace

int TrainSentiment(const Context& context, const SentimentTrainFlags& flags) {
  const auto options = FitOptionsOf(flags.data);
  if (!options.ok()) return Fail(context, options.error());
  const auto texts = ReadTexts(flags.data);
  if (!texts.ok()) return Fail(context, texts.error());
  const auto folder = ScratchFolder::Make();
  if (!folder.ok()) return Fail(context, folder.error());
  const bool registers = flags.out.empty();

  // Asked first: whoever isn't let in has waited for nothing.
  auto rest = Rest(context);
  Champion champion;
  if (registers) {
    auto found = FetchChampion(context, rest, folder->path());
    if (!found.ok()) return Fail(context, found.error());
    champion = *std::move(found);
  }
  ProgressBar bar("Training", 0, context.quiet);
  const auto trained = sentiment::Train(*texts, *options, champion.evaluation);
  bar.Finish();
  if (!trained.ok()) return Fail(context, trained.error());
  auto stem = registers ? folder->path() / "sentiment" : flags.out;
  if (stem.extension() == ".safetensors") stem.replace_extension();
  const auto saved = Save(*texts, *options, *trained, stem);
  if (!saved.ok()) return Fail(context, saved.error());
  json value{{"texts", texts->size()}, {"c", trained->served.c}, {"metrics", trained->metrics}};
  if (!registers) {
    const fs::path card = stem.string() + ".json";
    std::ofstream file(card, std::ios::trunc);
    file << saved->card;
    file.close();
    if (!file)
      return Fail(context,
                  Error::Unavailable("card_unwritable", card.string() + " can't be written."));
    value["file"] = saved->served.string();
    value["card"] = card.string();
    return Show(
        context, value,
        MetricsText(trained->metrics) + fmt::format("\nThe model is in {}, its card in {}.\n",
                                                    saved->served.string(), card.string()));
  }
  const auto answer = Deliver(context, rest, *saved, champion, flags.force_promotion);
  if (!answer.ok()) return Fail(context, answer.error());
  value["decision"] = (*answer)["decision"];
  value["model_version"] = (*answer)["model_version"];
  const auto& version = (*answer)["model_version"];
  const auto decision = answer->value("decision", std::string());
  return Show(
      context, value,
      MetricsText(trained->metrics) +
          fmt::format("\nVersion {} of sentiment: {}.\n", version["version"].get<std::int64_t>(),
                      decision.empty() ? "it was registered before" : decision));
}

}  // namespace marquee::ctl
