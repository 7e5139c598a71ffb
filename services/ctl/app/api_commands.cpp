// The commands that speak REST.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/percent.h"
#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

const std::vector<std::string> kVersionHeader = {"model", "version",  "aliases",
                                                 "made",  "artefact", "quality"};

std::string Joined(const json& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text;
}

// An id, or the best match of a title.
Result<json> FindMovie(RestClient& rest, const std::string& movie) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(movie.data(), movie.data() + movie.size(), id);
  if (error == std::errc{} && end == movie.data() + movie.size()) {
    return rest.Get("/v1/movies/" + std::to_string(id));
  }
  ASSIGN_OR_RETURN(const json found,
                   rest.Get("/v1/movies?page_size=1&query=" + PercentEncode(movie)));
  if (found.value("movies", json::array()).empty()) {
    return Error::NotFound("no_such_movie", "No movie's title matches \"" + movie + "\".");
  }
  return found["movies"][0];
}

std::string Rated(const json& contributions) {
  std::string text;
  for (const auto& reason : contributions) {
    text += (text.empty() ? "" : ", ") + Text(reason, "title") + " (" +
            Fixed(reason.value("rating", 0.0), 1) + ")";
  }
  return text;
}

std::string Because(const json& recommendation) {
  const std::string text = Rated(recommendation.value("because", json::array()));
  const std::string against = Rated(recommendation.value("despite", json::array()));
  return against.empty() ? text : text + "; less, because you disliked " + against;
}

// Of a version's artefact: "missing", "damaged", or empty when it is there or the server doesn't
// say.
std::string ArtefactTrouble(const json& version) {
  const auto state = Text(version, "artefact_state");
  if (state == "ARTEFACT_STATE_MISSING") return "missing";
  if (state == "ARTEFACT_STATE_DAMAGED") return "damaged";
  return "";
}

std::vector<std::string> VersionRow(const json& version) {
  const json metrics = version.value("metrics", json::object());
  std::string shown;
  // The model's own figures ("ndcg_at_100"), not its baselines' ("popularity.ndcg_at_100").
  for (const char* key : {"ndcg_at_100", "recall_at_20", "rmse", "mae"}) {
    const auto found = metrics.find(key);
    if (found == metrics.end()) continue;
    shown += (shown.empty() ? "" : "  ") + std::string(key) + " " + Fixed(found->get<double>(), 4);
  }
  return {Text(version, "model"),
          std::to_string(version.value("version", 0)),
          Joined(version.value("aliases", json::array())),
          Text(version, "created_at").substr(0, 19),
          ArtefactTrouble(version),
          shown};
}

std::string KeysTable(const json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : answer.value("keys", json::array())) {
    const auto retires = Text(key, "retires_at");
    rows.push_back({Text(key, "kid"), Text(key, "created_at").substr(0, 19),
                    key.value("signs", false) ? "yes" : "", retires.substr(0, 19)});
  }
  return Table({"key", "made", "signs now", "published until"}, rows, 60);
}

}  // namespace

int Login(const Context& context, const LoginFlags& flags) {
  if (flags.email.empty()) return LoginOnDevice(context, flags.scopes);
  RestClient rest(context.server, context.credentials_file);
  json body{{"email", flags.email}, {"password", Asked(flags.password, "Password: ")}};
  std::string path = "/v1/auth/login";
  if (flags.bootstrap) {
    path = "/v1/auth/bootstrap";
    body["bootstrap_secret"] = flags.bootstrap_secret;
  } else if (flags.make_account) {
    path = "/v1/auth/register";
  }
  if (!flags.code.empty()) body["one_time_code"] = flags.code;
  auto session = rest.Send("POST", path, body);
  if (!session.ok() && session.error().reason == "second_factor_required") {
    body["one_time_code"] = Asked("", "One-time code: ");
    if (body["one_time_code"] != "") session = rest.Send("POST", path, body);
  }
  if (!session.ok()) return Fail(context, session.error());
  if (const auto kept = rest.KeepSession(*session); !kept.ok()) return Fail(context, kept.error());
  const json user = session->value("user", json::object());
  return Show(context, {{"server", rest.server()}, {"user", user}},
              fmt::format("Logged in to {} as {} ({}).\n", rest.server(), Text(user, "email"),
                          Joined(user.value("roles", json::array()))));
}

int Rate(const Context& context, const RateFlags& flags) {
  if (flags.remove == flags.value.has_value()) {
    return Fail(context, Error::InvalidArgument(
                             "bad_rating", "Say either how many stars, 0.5 to 5.0, or --remove."));
  }
  auto rest = Rest(context);
  const auto movie = FindMovie(rest, flags.movie);
  if (!movie.ok()) return Fail(context, movie.error());
  const std::string path =
      "/v1/me/ratings/" + std::to_string(movie->value("movie_id", std::int64_t{0}));
  const auto answer =
      flags.remove ? rest.Delete(path) : rest.Send("PUT", path, {{"value", *flags.value}});
  if (!answer.ok()) return Fail(context, answer.error());
  if (flags.remove)
    return Show(context, *answer, "Took back the rating of " + TitleOf(*movie) + ".\n");
  return Show(context, *answer, fmt::format("Rated {} {:.1f}.\n", TitleOf(*movie), *flags.value));
}

int Recommend(const Context& context, const RecommendFlags& flags) {
  auto rest = Rest(context);
  std::string path = "/v1/me/recommendations?count=" + std::to_string(flags.count);
  if (!flags.genre.empty()) path += "&genre=" + PercentEncode(flags.genre);
  if (flags.year_min != 0) path += "&year_min=" + std::to_string(flags.year_min);
  if (flags.year_max != 0) path += "&year_max=" + std::to_string(flags.year_max);
  if (flags.min_rating_count != 0)
    path += "&min_rating_count=" + std::to_string(flags.min_rating_count);
  if (flags.diversity != 0) path += "&diversity=" + Fixed(flags.diversity, 3);
  if (!flags.rewatch.empty())
    path += flags.rewatch == "only" ? "&rewatch=REWATCH_ONLY" : "&rewatch=REWATCH_INCLUDE";
  const auto answer = rest.Get(path);
  if (!answer.ok()) return Fail(context, answer.error());
  std::vector<std::vector<std::string>> rows;
  const auto& list = (*answer)["recommendations"];
  for (const auto& item : list) {
    rows.push_back({std::to_string(rows.size() + 1), TitleOf(item),
                    Joined(item.value("genres", json::array())), Fixed(item.value("score", 0.0), 3),
                    Because(item)});
  }
  std::string text = Table({"#", "movie", "genres", "score", "because you rated"}, rows, 60);
  if (answer->value("degraded", false)) {
    text +=
        "\nThis is the popular list: rate some movies (marqueectl rate \"toy story\" 5) for one of "
        "your own.\n";
  } else {
    text += fmt::format("\nFrom {} ratings of yours, by version {} of the ranking model.\n",
                        answer->value("history_size", 0), answer->value("model_version", 0));
  }
  return Show(context, *answer, text);
}

int Train(const Context& context, const TrainFlags& flags) {
  auto rest = Rest(context);
  json body = json::object();
  if (flags.factors != 0) body["hyperparameters"]["factors"] = flags.factors;
  if (flags.iterations != 0) body["hyperparameters"]["iterations"] = flags.iterations;
  if (flags.force_promotion) body["force_promotion"] = true;
  auto run = rest.Send("POST", "/v1/training-runs", body);
  if (!run.ok()) return Fail(context, run.error());
  const std::int64_t id = run->value("run_id", std::int64_t{0});
  if (flags.wait) {
    ProgressBar bar("Training", 1000, context.quiet);
    while (Text(*run, "state") == "RUN_STATE_RUNNING") {
      bar.SetLabel(Text(*run, "stage").empty() ? "Training" : Text(*run, "stage"));
      bar.Set(static_cast<std::int64_t>(run->value("progress", 0.0) * 1000));
      std::this_thread::sleep_for(std::chrono::milliseconds{300});
      run = rest.Get("/v1/training-runs/" + std::to_string(id));
      if (!run.ok()) return Fail(context, run.error());
    }
    bar.Finish();
    const std::string state = Text(*run, "state");
    if (state == "RUN_STATE_SKIPPED") {
      return Show(context, *run, fmt::format("Run {} was skipped: {}\n", id, Text(*run, "error")));
    }
    if (state != "RUN_STATE_SUCCEEDED") {
      return Fail(context,
                  Error::FailedPrecondition("training_failed",
                                            "Run " + std::to_string(id) + " ended as " +
                                                Text(*run, "state") + ": " + Text(*run, "error")));
    }
  }
  std::string text = fmt::format("Run {}: {}.\n", id, Text(*run, "state"));
  std::vector<std::vector<std::string>> metrics;
  const json figures = run->value("metrics", json::object());
  for (const auto& [name, number] : figures.items()) {
    metrics.push_back({name, Fixed(number.get<double>(), 4)});
  }
  if (!metrics.empty()) text += "\n" + Table({"metric", "value"}, metrics);
  std::vector<std::vector<std::string>> versions;
  for (const auto& version : run->value("model_versions", json::array()))
    versions.push_back(VersionRow(version));
  if (!versions.empty()) text += "\n" + Table(kVersionHeader, versions, 60);
  return Show(context, *run, text);
}

int Models(const Context& context, const std::string& model) {
  auto rest = Rest(context);
  json all = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : model.empty() ? TaskNames() : std::vector<std::string>{model}) {
    const auto answer = rest.Get("/v1/models/" + PercentEncode(name) + "/versions");
    if (!answer.ok()) return Fail(context, answer.error());
    for (const auto& version : answer->value("model_versions", json::array())) {
      all.push_back(version);
      rows.push_back(VersionRow(version));
    }
  }
  return Show(context, all,
              rows.empty() ? std::string("No models yet: marqueectl train makes the first.\n")
                           : Table(kVersionHeader, rows, 60));
}

int Promote(const Context& context, const std::string& model, std::int64_t version) {
  auto rest = Rest(context);
  const auto answer = rest.Send("PUT", "/v1/models/" + PercentEncode(model) + "/aliases/champion",
                                {{"version", version}});
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer,
              fmt::format("Version {} of {} is the champion now.\n", version, model));
}

int StatusOf(const Context& context) {
  auto rest = Rest(context);
  const auto ready = rest.Get("/readyz");
  if (!ready.ok() && ready.error().reason == "server_unreachable")
    return Fail(context, ready.error());
  json value{{"server", rest.server()}, {"ready", ready.ok()}};
  std::string text =
      rest.server() +
      (ready.ok() ? " is ready.\n" : " is not ready: " + ready.error().message + "\n");
  if (const auto me = rest.Get("/v1/me"); me.ok()) {
    value["user"] = *me;
    text += "Logged in as " + Text(*me, "email") + " (" +
            Joined(me->value("roles", json::array())) + ").\n";
  } else {
    text += "Not logged in.\n";
  }
  if (const auto ingest = rest.Get("/v1/ingest/status"); ingest.ok()) {
    value["ingest"] = *ingest;
    const auto lag = ingest->value("lag", std::int64_t{0});
    text += fmt::format("Ratings: {} stored, {}, {} dead letters.\n",
                        Grouped(ingest->value("rating_count", std::int64_t{0})),
                        lag < 0 ? "a log in Kafka that ends " + Grouped(-lag) +
                                      " before what is stored (it is another one)"
                                : Grouped(lag) + " waiting in Kafka",
                        Grouped(ingest->value("dead_letter_count", std::int64_t{0})));
  }
  for (const auto& model : TaskNames()) {
    if (const auto version = rest.Get("/v1/models/" + model + "/aliases/champion"); version.ok()) {
      value["models"][model] = *version;
      text += fmt::format("Model {}: version {} of {}.\n", model, version->value("version", 0),
                          Text(*version, "created_at").substr(0, 19));
      if (const auto trouble = ArtefactTrouble(*version); !trouble.empty())
        text += fmt::format(
            "  Its artefact is {}: it serves only whoever has it in memory. Train, or promote a "
            "version whose artefact is there (marqueectl models).\n",
            trouble);
    }
  }
  Show(context, value, text);
  return ready.ok() ? 0 : 3;
}

int ListKeys(const Context& context) {
  auto rest = Rest(context);
  const auto answer = rest.Get("/v1/signing-keys");
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer, KeysTable(*answer));
}

int RotateKeys(const Context& context) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", "/v1/signing-keys:rotate", json::object());
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer,
              KeysTable(*answer) +
                  "\nThe new key is published and signs in three minutes; those before it stay "
                  "published until their last token has expired. Nobody is signed out.\n");
}

int ListSessions(const Context& context) {
  auto rest = Rest(context);
  const auto all = rest.GetAll("/v1/me/sessions", "sessions");
  if (!all.ok()) return Fail(context, all.error());
  std::vector<std::vector<std::string>> rows;
  for (const auto& session : *all) {
    rows.push_back({Text(session, "session_id"), Text(session, "created_at").substr(0, 19),
                    Text(session, "refreshed_at").substr(0, 19), Text(session, "network"),
                    Text(session, "user_agent"), session.value("current", false) ? "yes" : ""});
  }
  return Show(
      context, {{"sessions", *all}},
      Table({"session", "signed in", "last refreshed", "from", "with", "this one"}, rows, 60));
}

int RevokeSessions(const Context& context, const RevokeFlags& flags) {
  if ((flags.session.empty() ? 0 : 1) + (flags.others ? 1 : 0) + (flags.all ? 1 : 0) != 1) {
    return Fail(context, Error::InvalidArgument("bad_sessions",
                                                "Say which: a session's id, --others or --all."));
  }
  auto rest = Rest(context);
  std::string path = "/v1/me/sessions";
  if (flags.all) path += "?include_current=true";
  if (!flags.session.empty()) path += "/" + PercentEncode(flags.session);
  const auto answer = rest.Delete(path);
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer,
              flags.all      ? "All sessions have ended, this one, too.\n"
              : flags.others ? "All other sessions have ended.\n"
                             : "The session has ended.\n");
}

int SetAccountState(const Context& context, std::int64_t user_id, bool disabled) {
  auto rest = Rest(context);
  const auto answer =
      rest.Send("PUT", "/v1/users/" + std::to_string(user_id) + "/state",
                {{"state", disabled ? "ACCOUNT_STATE_DISABLED" : "ACCOUNT_STATE_ENABLED"}});
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer,
              fmt::format("{} is {}.\n", Text(*answer, "email"),
                          disabled ? "disabled, and its sessions have ended" : "enabled"));
}

int ShowAudit(const Context& context, const AuditFlags& flags) {
  auto rest = Rest(context);
  std::string path = "/v1/audit-entries?page_size=" + std::to_string(flags.count);
  if (flags.user_id != 0) path += "&user_id=" + std::to_string(flags.user_id);
  if (!flags.action.empty()) path += "&action=" + PercentEncode(flags.action);
  const auto answer = rest.Get(path);
  if (!answer.ok()) return Fail(context, answer.error());
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : answer->value("entries", json::array())) {
    const std::string reason = Text(entry, "reason");
    const auto about = entry.value("about_user_id", std::int64_t{0});
    rows.push_back({Text(entry, "at").substr(0, 19), Text(entry, "action"),
                    reason.empty() ? Text(entry, "outcome") : reason, Text(entry, "actor"),
                    about == 0 ? "" : std::to_string(about), Text(entry, "client_id"),
                    Text(entry, "address"), Text(entry, "user_agent")});
  }
  return Show(
      context, *answer,
      Table({"at (UTC)", "action", "outcome", "by", "about", "application", "from", "program"},
            rows, 40));
}

}  // namespace marquee::ctl
