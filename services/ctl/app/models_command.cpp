// Models as files: to the registry, from it, and what it says of them.
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "artefact/sha256.h"
#include "base/json.h"
#include "base/percent.h"
#include "ctl/app/commands.h"
#include "ctl/clients/models.h"
#include "ctl/clients/rest.h"
#include "rpc/client.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

// The card, with what can be read off the artefact filled in where it is left out.
Result<std::string> ReadCard(const ModelRegisterFlags& flags) {
  std::ifstream file(flags.card);
  if (!file)
    return Error::InvalidArgument("card_unreadable", "--card: " + flags.card + " can't be read.");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSIGN_OR_RETURN(json card, ParseJson(text));
  if (!card.is_object())
    return Error::InvalidArgument("card_invalid", "--card: " + flags.card + " is no JSON object.");
  if (!card.contains("artefact_sha256")) {
    ASSIGN_OR_RETURN(card["artefact_sha256"], artefact::Sha256HexOfFile(flags.file));
  }
  if (!card.contains("artefact_bytes")) {
    std::error_code failed;
    card["artefact_bytes"] = std::filesystem::file_size(flags.file, failed);
    if (failed)
      return Error::InvalidArgument("artefact_unreadable", flags.file + " can't be read.");
  }
  return card.dump(2);
}

// By number, or by an alias's name.
Result<json> FindVersion(RestClient& rest, const std::string& model, const std::string& which) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), number);
  if (error != std::errc{} || end != which.data() + which.size())
    return rest.Get("/v1/models/" + PercentEncode(model) + "/aliases/" + PercentEncode(which));
  std::string token;
  do {
    ASSIGN_OR_RETURN(const json page,
                     rest.Get("/v1/models/" + PercentEncode(model) +
                              "/versions?page_size=100&page_token=" + PercentEncode(token)));
    for (const auto& version : page.value("model_versions", json::array())) {
      if (version.value("version", std::int64_t{0}) == number) return version;
    }
    token = page.value("next_page_token", std::string());
  } while (!token.empty());
  return Error::NotFound("model_version_unknown",
                         "The model " + model + " has no version " + which + ".");
}

}  // namespace

int RegisterModel(const Context& context, const ModelRegisterFlags& flags) {
  auto rest = Rest(context);
  const auto token = rest.AccessToken();
  if (!token.ok()) return Fail(context, token.error());
  const auto card = ReadCard(flags);
  if (!card.ok()) return Fail(context, card.error());
  const auto answer = SendModel(rpc::MakeChannel(context.registry_address), *token,
                                {.file = flags.file,
                                 .evaluation_file = flags.evaluation,
                                 .card = *card,
                                 .force_promotion = flags.force_promotion,
                                 .compared_with = flags.compared_with});
  if (!answer.ok()) return Fail(context, answer.error());
  const auto& version = (*answer)["model_version"];
  std::string aliases;
  for (const auto& alias : version["aliases"])
    aliases += (aliases.empty() ? "" : ", ") + alias.get<std::string>();
  const auto decision = answer->value("decision", std::string());
  return Show(
      context, *answer,
      fmt::format("Version {} of {} is {}: {}.\n", version["version"].get<std::int64_t>(),
                  version["model"].get<std::string>(), aliases.empty() ? "registered" : aliases,
                  decision.empty() ? "it was registered before" : decision));
}

int DownloadModel(const Context& context, const ModelDownloadFlags& flags) {
  auto rest = Rest(context);
  const auto version = FindVersion(rest, flags.model, flags.which);
  if (!version.ok()) return Fail(context, version.error());
  const auto token = rest.AccessToken();
  if (!token.ok()) return Fail(context, token.error());
  const auto number = version->value("version", std::int64_t{0});
  if (const auto fetched = FetchModel(rpc::MakeChannel(context.registry_address), *token,
                                      flags.model, number, flags.evaluation, flags.file);
      !fetched.ok())
    return Fail(context, fetched.error());
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(flags.file, ignored);
  return Show(
      context,
      {{"model", flags.model}, {"version", number}, {"file", flags.file}, {"bytes", bytes}},
      fmt::format("{} version {} is in {}, {} bytes.\n", flags.model, number, flags.file, bytes));
}

int ShowModel(const Context& context, const std::string& model, const std::string& which) {
  auto rest = Rest(context);
  const auto version = FindVersion(rest, model, which);
  if (!version.ok()) return Fail(context, version.error());
  const auto card = ParseJson(version->value("card", std::string()));
  return Show(context, *version,
              card.ok() ? card->dump(2) + "\n" : version->value("card", std::string()));
}

}  // namespace marquee::ctl
