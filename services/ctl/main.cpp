// marqueectl: the command line. This file says what there is to type; services/ctl/app does it.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <map>

#include "config/config.h"
#include "ctl/app/commands.h"
#include "ctl/app/completion.h"
#include "ctl/app/evaluate_line.h"
#include "ctl/app/sentiment_line.h"
#include "ctl/clients/rest.h"
#include "rules/scope.h"

namespace {

using namespace marquee::ctl;  // NOLINT(google-build-using-namespace): a program's own names, in
                               // its main only

std::vector<std::string> ScopeNames() {
  std::vector<std::string> names;
  for (const auto& scope : marquee::rules::kScopes) names.emplace_back(scope.name);
  return names;
}

void AddImport(CLI::App& app, const Context& context, std::function<int()>& run) {
  static ImportFlags import;
  auto* c = app.add_subcommand("import", "Import movies and ratings: MovieLens, CSV, JSON Lines");
  c->add_option("folder", import.data, "The data set's folder, or a .zip of it")->required();
  c->add_option("--rejects", import.rejects,
                "The list of what is left out, and why: tab-separated file, line, reason, column, "
                "detail (default: marquee-rejects-FOLDER.tsv here, when there is anything)");
  c->add_option("--min-taken", import.min_taken,
                "Percent of a file's rows that must be taken; of a file with fewer nothing is sent "
                "and the exit status is 1")
      ->transform([](std::string text) {
        if (text.ends_with('%')) text.pop_back();
        return text;
      })
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  c->add_option(
      "--rated-at", import.reading.rated_at,
      "When ratings were given that say no time: a date, seconds since 1970, or \"unknown\" "
      "(they are kept as of 1970 and count in no trend)");
  AddReadingFlags(*c, import.reading);
  c->add_flag("!--no-wait", import.wait,
              "Return once Kafka has everything, before PostgreSQL does");
  c->footer(
      "Files, found by their names, plain or .gz:\n"
      "  ratings.csv + movies.csv (+ links.csv)   columns by name, in any order; , ; tab or |\n"
      "  ratings.dat + movies.dat                 MovieLens 1M and 10M\n"
      "  u.data + u.item                          MovieLens 100K\n"
      "  ratings.jsonl + movies.jsonl             an object a line\n"
      "  ratings_small.csv + movies_metadata.csv + links_small.csv   Kaggle's The Movies "
      "Dataset\n\n"
      "Ratings are 0.5 to 5.0 in steps of 0.5, times seconds since 1970 or dates (2005-09-06 "
      "12:30),\n"
      "ids 1 to 999,999,999, titles up to 500 characters, genres up to 32. What breaks a rule is "
      "left\n"
      "out and listed with its file, line and column; the rest is imported. Of two ratings of a "
      "movie\n"
      "by one user the later one stands. Running it again changes nothing twice.\n\n"
      "Needs an administrator's login:\n\n"
      "  marqueectl login admin@example.com && marqueectl import ml-latest-small\n"
      "  marqueectl import exported --min-taken 99 --rejects left-out.tsv\n"
      "  marqueectl import netflix --ratings-columns userId,movieId,rating,date\n\n"
      "Everything else: docs/imports.md. Exit status: 1 when nothing or too little was taken.");
  c->callback([&] { run = [&] { return Import(context, import); }; });
}

void AddDataCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  AddImport(app, context, run);

  static DatagenFlags datagen;
  auto* c =
      app.add_subcommand("datagen", "Write a demo data set: real films, a simulated audience");
  c->add_option("out", datagen.out, "The folder to write movies.csv and ratings.csv into")
      ->required();
  c->add_option("--films", datagen.films, "vega-datasets' movies.json")->capture_default_str();
  c->add_option("--users", datagen.users, "How many people")->capture_default_str();
  c->add_option("--ratings", datagen.ratings, "About how many ratings")->capture_default_str();
  c->add_option("--seed", datagen.seed, "The same seed, the same data")->capture_default_str();
  c->callback([&] { run = [&] { return Datagen(context, datagen); }; });
  AddEvaluate(app, context, run);
  AddSentiment(app, context, run);
}

// After AddAccountCommands, to whose commands it adds.
void AddErasureCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  auto* account = app.get_subcommand("account");
  static std::string file;
  auto* c = account->add_subcommand("export", "Save all that is kept of you, as JSON Lines");
  c->add_option("file", file, "Where to; -: standard output")->required();
  c->callback([&] { run = [&] { return ExportAccount(context, file); }; });
  static DeleteAccountFlags deleting;
  c = account->add_subcommand("delete", "Delete your account, your ratings and reviews, for good");
  c->add_flag("--yes", deleting.yes, "Don't ask");
  c->add_flag("!--no-wait", deleting.wait, "Return before every service has confirmed");
  c->add_option("--timeout", deleting.seconds, "How many seconds to wait for that")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  c->callback([&] { run = [&] { return DeleteAccount(context, deleting); }; });

  auto* erasures = app.add_subcommand("erasures", "How far the erasure of deleted accounts is");
  erasures->require_subcommand(1);
  static std::string id;
  c = erasures->add_subcommand("show", "One, with or without a login");
  c->add_option("erasure", id, "Its id, as the deletion told it")->required();
  c->callback([&] { run = [&] { return ShowErasure(context, id); }; });
  static bool pending = false;
  c = erasures->add_subcommand("list", "All, the latest first, for administrators");
  c->add_flag("--pending", pending, "Only those that aren't complete");
  c->callback([&] { run = [&] { return ListErasures(context, pending); }; });
  c = erasures->add_subcommand(
      "repeat", "Carry all of them out again: when Kafka's topic of erasures was lost");
  c->callback([&] { run = [&] { return RepeatErasures(context); }; });
}

void AddPeopleCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  static LoginFlags login;
  auto* c = app.add_subcommand("login", "Log in and remember it");
  auto* email = c->add_option("email", login.email,
                              "The account's e-mail address; without it, a browser anywhere signs "
                              "you in");
  c->add_flag("--register", login.make_account, "Make the account first")->needs(email);
  c->add_flag("--bootstrap", login.bootstrap,
              "Make it the first administrator (MARQUEE_AUTH_BOOTSTRAP_SECRET or …_FILE)")
      ->needs(email);
  c->add_option("--scope", login.scopes,
                "Without an e-mail address: what marqueectl may do; several are allowed (default: "
                "all)")
      ->check(CLI::IsMember(ScopeNames()))
      ->excludes(email);
  c->add_option("--code", login.code,
                "Of your authenticator, or a recovery code (default: asked for when it is needed)")
      ->needs(email);
  c->footer(
      "The password comes from MARQUEE_PASSWORD, the terminal, or the first line of standard "
      "input. Without an\n"
      "e-mail address none is asked for: a code is shown, which you type into a page. Accounts, "
      "keys and imports\n"
      "need a login with a password.");
  c->callback([&] {
    run = [&] {
      marquee::config::Reader reader(marquee::config::SystemEnvironment());
      login.password = reader.Secret("MARQUEE_PASSWORD", "", "the account's password");
      login.bootstrap_secret =
          reader.Secret("MARQUEE_AUTH_BOOTSTRAP_SECRET", "", "the operator's bootstrap secret");
      if (const auto status = reader.Finish(); !status.ok()) return Fail(context, status.error());
      return Login(context, login);
    };
  });

  auto* sessions = app.add_subcommand("sessions", "Where you are logged in");
  sessions->require_subcommand(1);
  c = sessions->add_subcommand("list", "Your sessions, the youngest first");
  c->callback([&] { run = [&] { return ListSessions(context); }; });
  static RevokeFlags revoke;
  c = sessions->add_subcommand("revoke", "End a session: whoever has it must log in again");
  c->add_option("session", revoke.session, "Its id, as sessions list shows it");
  c->add_flag("--others", revoke.others, "All but this one");
  c->add_flag("--all", revoke.all, "All, this one, too");
  c->callback([&] { run = [&] { return RevokeSessions(context, revoke); }; });

  auto* identities = app.add_subcommand("identities", "What you sign in with at other providers");
  identities->require_subcommand(1);
  c = identities->add_subcommand("list", "Your identities, the oldest first");
  c->footer("More are linked in a browser, on the page /oauth2/identities.");
  c->callback([&] { run = [&] { return ListIdentities(context); }; });
  static std::string identity;
  c = identities->add_subcommand("unlink", "Sign in with one no more");
  c->add_option("identity", identity, "Its id, as identities list shows it")->required();
  c->callback([&] { run = [&] { return UnlinkIdentity(context, identity); }; });

  static RateFlags rate;
  c = app.add_subcommand("rate", "Rate a movie");
  c->add_option("movie", rate.movie, "Its id, or words of its title")->required();
  c->add_option("value", rate.value, "0.5 to 5.0, in steps of 0.5");
  c->add_flag("--remove", rate.remove, "Take the rating back");
  c->callback([&] { run = [&] { return Rate(context, rate); }; });

  static RecommendFlags recommend;
  c = app.add_subcommand("recommend", "Recommendations for you, with why each was chosen");
  c->add_option("-n,--count", recommend.count, "How many")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  c->add_option("--genre", recommend.genre, "Only of this genre");
  c->add_option("--year-min", recommend.year_min, "Only from this year on");
  c->add_option("--year-max", recommend.year_max, "Only up to this year");
  c->add_option("--min-ratings", recommend.min_rating_count,
                "Only movies that this many people rated");
  c->add_option("--diversity", recommend.diversity,
                "0: the best by score; towards 1 other genres come earlier")
      ->check(CLI::Range(0.0, 1.0));
  c->add_option("--rewatch", recommend.rewatch,
                "What you have rated: shown where it scores, or alone (default: not at all)")
      ->check(CLI::IsMember({"include", "only"}));
  c->callback([&] { run = [&] { return Recommend(context, recommend); }; });

  static WhatIfFlags what_if;
  c = app.add_subcommand("what-if", "What you would be recommended if you rated otherwise");
  c->add_option("change", what_if.changes,
                "MOVIE=STARS, or MOVIE=none for a rating taken back, with the movie's id")
      ->required();
  c->add_option("-n,--count", what_if.count, "How many")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  c->footer("Nothing is kept: see rate.");
  c->callback([&] { run = [&] { return WhatIf(context, what_if); }; });
}

// With the password from the environment, where it is there.
int WithPassword(const Context& context, AccountFlags& flags,
                 int (*command)(const Context&, const AccountFlags&)) {
  marquee::config::Reader reader(marquee::config::SystemEnvironment());
  flags.password = reader.Secret("MARQUEE_PASSWORD", "", "the account's password");
  if (const auto status = reader.Finish(); !status.ok()) return Fail(context, status.error());
  return command(context, flags);
}

void AddAccountCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  static AccountFlags flags;
  auto* account = app.add_subcommand("account", "Your account, and all that is kept of you");
  account->require_subcommand(1);
  account->footer(
      "Passwords come from MARQUEE_PASSWORD, the terminal, or standard input, a line each.");
  const auto runs = [&](CLI::App* command, int (*what)(const Context&, const AccountFlags&)) {
    command->callback([&context, &run, what] {
      run = [&context, what] { return WithPassword(context, flags, what); };
    });
  };
  const char* kCode = "Of your authenticator (default: asked for)";

  auto* totp = account->add_subcommand("totp", "One-time codes as a second factor at the login");
  totp->require_subcommand(1);
  runs(totp->add_subcommand("start", "Make a secret for your authenticator; it is shown this once"),
       StartTotp);
  auto* c = totp->add_subcommand("confirm", "Turn it on; prints ten recovery codes, this once");
  c->add_option("--code", flags.code, kCode);
  runs(c, ConfirmTotp);
  c = totp->add_subcommand("remove", "Turn it off");
  c->add_option("--code", flags.code, "Of your authenticator, or a recovery code");
  runs(c, RemoveTotp);

  c = account->add_subcommand("reset-password",
                              "Get a link for a new password by mail, and use it");
  auto* email = c->add_option("email", flags.email, "The account's address, for a link to it");
  auto* token = c->add_option("--token", flags.token, "What a link ends with: sets the password");
  email->excludes(token);
  c->require_option(1);
  runs(c, ResetPassword);

  c = account->add_subcommand("verify-email", "Prove by a link that mail reaches you");
  email = c->add_option("--new-email", flags.email,
                        "Another address, the account's from then on; needs the password");
  token = c->add_option("--token", flags.token, "What a link ends with (default: one is sent)");
  email->excludes(token);
  runs(c, VerifyEmail);
}

void AddModelFileCommands(CLI::App& models, const Context& context, std::function<int()>& run) {
  static ModelRegisterFlags registering;
  auto* c = models.add_subcommand("register", "Hand a model that was trained elsewhere over");
  c->add_option("file", registering.file, "The artefact: docs/model-format.md")->required();
  c->add_option("--card", registering.card,
                "Its model card, JSON; artefact_sha256 and artefact_bytes are filled in when left "
                "out")
      ->required();
  c->add_option("--evaluation", registering.evaluation,
                "The same model without the held-out data, by which it is judged anew later");
  c->add_flag("--force-promotion", registering.force_promotion,
              "Promote it even if it does not beat the champion");
  c->add_option("--compared-with", registering.compared_with,
                "The champion that the card's champion.… metrics are of")
      ->check(CLI::NonNegativeNumber);
  c->callback([&] { run = [&] { return RegisterModel(context, registering); }; });

  static ModelDownloadFlags downloading;
  c = models.add_subcommand("download", "Write a version's artefact to a file");
  c->add_option("model", downloading.model, "ranking, rating or sentiment")
      ->required()
      ->check(CLI::IsMember(TaskNames()));
  c->add_option("version", downloading.which, "Its number, or champion or candidate")->required();
  c->add_option("file", downloading.file, "Where to")->required();
  c->add_flag("--evaluation", downloading.evaluation, "The evaluation artefact instead");
  c->callback([&] { run = [&] { return DownloadModel(context, downloading); }; });

  static std::string shown;
  static std::string which;
  c = models.add_subcommand("show", "A version's card");
  c->add_option("model", shown, "ranking, rating or sentiment")
      ->required()
      ->check(CLI::IsMember(TaskNames()));
  c->add_option("version", which, "Its number, or champion or candidate")->required();
  c->callback([&] { run = [&] { return ShowModel(context, shown, which); }; });
}

void AddModelCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  static TrainFlags train;
  auto* c = app.add_subcommand("train", "Train, judge and, if better, promote new models");
  c->add_option("--factors", train.factors, "Latent factors; 0: the service's default")
      ->check(CLI::Range(0, 512));
  c->add_option("--iterations", train.iterations, "0: the service's default")
      ->check(CLI::Range(0, 200));
  c->add_flag("--force-promotion", train.force_promotion,
              "Promote even what does not beat the champion");
  c->add_flag("!--no-wait", train.wait, "Return once the run has started");
  c->callback([&] { run = [&] { return Train(context, train); }; });

  static std::string model;
  auto* models = app.add_subcommand("models", "The models' versions");
  models->add_option("model", model, "List them: ranking, rating or sentiment; all when unset")
      ->check(CLI::IsMember(TaskNames()));
  models->callback([&, models] {
    if (models->get_subcommands().empty()) run = [&] { return Models(context, model); };
  });
  AddModelFileCommands(*models, context, run);

  static std::int64_t version = 0;
  c = app.add_subcommand("promote", "Make a version the champion: promotion or rollback");
  c->add_option("model", model, "ranking, rating or sentiment")
      ->required()
      ->check(CLI::IsMember(TaskNames()));
  c->add_option("version", version, "Its number")->required()->check(CLI::PositiveNumber);
  c->callback([&] { run = [&] { return Promote(context, model, version); }; });

  auto* keys = app.add_subcommand("keys", "The keys that access tokens are signed with");
  keys->require_subcommand(1);
  c = keys->add_subcommand("list", "The keys, the oldest first");
  c->callback([&] { run = [&] { return ListKeys(context); }; });
  c = keys->add_subcommand(
      "rotate", "Make a new key: each quarter, or at once when one may be known to others");
  c->footer(
      "The new key signs three minutes after it is published, so that every service knows it by "
      "then. Those\n"
      "before it are published for half an hour more. Nobody is signed out.");
  c->callback([&] { run = [&] { return RotateKeys(context); }; });

  static std::int64_t user_id = 0;
  auto* users = app.add_subcommand("users", "Other people's accounts, for administrators");
  users->require_subcommand(1);
  for (const bool disabled : {true, false}) {
    c = users->add_subcommand(
        disabled ? "disable" : "enable",
        disabled ? "End an account's sessions and let nobody sign in to it; what it rated stays"
                 : "Let an account be used again");
    c->add_option("user", user_id, "Its number")->required()->check(CLI::PositiveNumber);
    c->callback([&, disabled] {
      run = [&, disabled] { return SetAccountState(context, user_id, disabled); };
    });
  }

  c = users->add_subcommand("remove-totp", "Take a lost second factor from an account");
  c->add_option("user", user_id, "Its number")->required()->check(CLI::PositiveNumber);
  c->callback([&] { run = [&] { return RemoveUserTotp(context, user_id); }; });

  c = users->add_subcommand("delete", "Delete an account, with all that is kept of its person");
  c->add_option("user", user_id, "Its number")->required()->check(CLI::PositiveNumber);
  c->callback([&] { run = [&] { return DeleteUser(context, user_id); }; });

  static AuditFlags audit;
  c = app.add_subcommand("audit", "Who did what to whom, the youngest first; for administrators");
  c->add_option("--user", audit.user_id, "Only what this user did, or what is about their account")
      ->check(CLI::PositiveNumber);
  c->add_option("--action", audit.action, "Only this action, as in login or roles.set");
  c->add_option("--count", audit.count, "How many entries")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  c->callback([&] { run = [&] { return ShowAudit(context, audit); }; });

  c = app.add_subcommand("status", "Whether the suite is ready, and how far it has come");
  c->callback([&] { run = [&] { return StatusOf(context); }; });
}

void AddApiKeyCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  auto* keys = app.add_subcommand("api-keys", "Your API keys, which programs use without a login");
  keys->require_subcommand(1);
  static ApiKeyFlags flags;
  auto* c = keys->add_subcommand("create", "Make a key; it is printed this once");
  c->add_option("name", flags.name, "What it is for")->required();
  c->add_option("--scope", flags.scopes, "What it may do; several are allowed")
      ->required()
      ->check(CLI::IsMember(ScopeNames()));
  c->add_option("--network", flags.networks,
                "An address or a network that it may be used from, as in 203.0.113.0/24; several "
                "are allowed (default: from anywhere)");
  c->add_option("--expires-in-days", flags.expires_in_days, "0: it doesn't expire")
      ->check(CLI::Range(0, 3650))
      ->capture_default_str();
  c->footer(
      "marqueectl uses the key in MARQUEE_API_KEY (or the file that MARQUEE_API_KEY_FILE names) in "
      "the stead of a login.");
  c->callback([&] { run = [&] { return CreateApiKey(context, flags); }; });

  c = keys->add_subcommand("list", "Your keys, the oldest first, with their last use");
  c->callback([&] { run = [&] { return ListApiKeys(context); }; });

  static std::string id;
  c = keys->add_subcommand("revoke", "Revoke a key");
  c->add_option("key", id, "Its id: what stands between mk_ and the next _")->required();
  c->callback([&] { run = [&] { return RevokeApiKey(context, id); }; });

  static int overlap_hours = 24;
  c = keys->add_subcommand("rotate", "Give a key a new secret; it is printed this once");
  c->add_option("key", id, "Its id: what stands between mk_ and the next _")->required();
  c->add_option("--overlap-hours", overlap_hours, "For how long the present one goes on working")
      ->check(CLI::Range(0, 168))
      ->capture_default_str();
  c->callback([&] { run = [&] { return RotateApiKey(context, id, overlap_hours); }; });
}

void AddClientFlags(CLI::App& command, ClientFlags& flags, bool required) {
  auto scopes = ScopeNames();
  for (const auto& scope : marquee::rules::kIdentityScopes) scopes.emplace_back(scope.name);
  command.add_option("--redirect-uri", flags.redirect_uris,
                     "Where browsers may be sent back to; several are allowed");
  command.add_option("--scope", flags.scopes, "What it may ask for; several are allowed")
      ->required(required)
      ->check(CLI::IsMember(scopes));
  command
      .add_option("--grant", flags.grant_types,
                  "What it may trade for tokens: authorization_code, refresh_token, "
                  "client_credentials, device_code; several are allowed")
      ->required(required)
      ->transform(CLI::Transformer(std::map<std::string, std::string>{
          {"device_code", "urn:ietf:params:oauth:grant-type:device_code"}}));
}

void AddClientCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  auto* clients =
      app.add_subcommand("clients", "Applications that people can let in (OAuth 2): docs/oauth.md");
  clients->require_subcommand(1);
  static ClientFlags flags;
  auto* c = clients->add_subcommand("create", "Register one; its secret is printed this once");
  c->add_option("name", flags.name, "What people are shown")->required();
  c->add_flag(
      "--confidential", flags.confidential,
      "It can keep a secret, as a web server can and a program on somebody's machine can't");
  AddClientFlags(*c, flags, true);
  c->callback([&] { run = [&] { return CreateClient(context, flags); }; });

  c = clients->add_subcommand("list", "The applications, in the order in which they came");
  c->callback([&] { run = [&] { return ListClients(context); }; });

  const auto with_id = [&](const char* name, const char* what) {
    auto* command = clients->add_subcommand(name, what);
    command->add_option("client", flags.id, "Its client id")->required();
    return command;
  };
  c = with_id("show", "One application");
  c->callback([&] { run = [&] { return ShowClient(context, flags.id); }; });
  c = with_id("update", "Change one: what is given takes the place of what there was");
  c->add_option("--name", flags.name, "What people are shown");
  AddClientFlags(*c, flags, false);
  c->callback([&] { run = [&] { return UpdateClient(context, flags); }; });
  c = with_id("rotate-secret", "Give one a new secret; it is printed this once");
  c->callback([&] { run = [&] { return RotateClientSecret(context, flags.id); }; });
  c = with_id("delete", "Remove one, and end what people had let it do");
  c->callback([&] { run = [&] { return DeleteClient(context, flags.id); }; });
}

void AddClusterCommands(CLI::App& app, const Context& context, std::function<int()>& run) {
  static TopicsFlags flags;
  static std::string brokers;
  static int seconds = static_cast<int>(flags.timeout.count());
  auto* topics = app.add_subcommand("topics", "Kafka's topics");
  topics->require_subcommand(1);
  auto* c = topics->add_subcommand(
      "apply", "Wait for Kafka, make the topics that are missing, warn of those that differ");
  c->add_option("--brokers", brokers,
                "Kafka's brokers, host:port, comma-separated (default: MARQUEE_KAFKA_BROKERS, or "
                "127.0.0.1:9092)");
  c->add_option("--file", flags.file, "Which topics: a line each, name, partitions, settings")
      ->capture_default_str();
  c->add_option("--ratings-partitions", flags.ratings_partitions, "What RATINGS in the file means")
      ->envname("MARQUEE_RATINGS_PARTITIONS")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  c->add_option("--replication-factor", flags.replication_factor,
                "Copies of each partition; as many brokers are waited for")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  c->add_option("--timeout", seconds, "How many seconds to wait in all")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  c->footer(
      "A topic that exists is never changed. TLS and SASL come from "
      "MARQUEE_KAFKA_SECURITY_PROTOCOL, "
      "…_SASL_USERNAME,\n…_SASL_PASSWORD(_FILE), …_SASL_MECHANISM, …_TLS_CA, …_TLS_CERTIFICATE and "
      "…_TLS_KEY, as for the services.");
  c->callback([&] {
    run = [&] {
      flags.timeout = std::chrono::seconds(seconds);
      marquee::config::Reader reader(marquee::config::SystemEnvironment());
      flags.cluster = marquee::kafka::ClusterConfig::Read(reader, "marqueectl");
      if (const auto status = reader.Finish(); !status.ok()) return Fail(context, status.error());
      if (!brokers.empty()) flags.cluster.brokers = brokers;
      return ApplyTopics(context, flags);
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("marqueectl: Marquee from the command line", "marqueectl");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "marqueectl COMMAND --help tells more. Exit status: 0 done, 2 your input, 3 try again later, "
      "1 otherwise.");
  Context context;
  context.credentials_file = DefaultCredentialsFile();
  app.add_option("--server", context.server,
                 "Marquee's address (default: the last login's, or http://127.0.0.1:8080)")
      ->envname("MARQUEE_SERVER");
  context.catalog_address = "127.0.0.1:50052";
  context.ratings_address = "127.0.0.1:50053";
  app.add_option("--catalog-address", context.catalog_address, "catalog's gRPC address, for import")
      ->envname("MARQUEE_CATALOG_ADDRESS")
      ->capture_default_str();
  app.add_option("--ratings-address", context.ratings_address,
                 "rating-ingest's gRPC address, for import")
      ->envname("MARQUEE_RATING_INGEST_ADDRESS")
      ->capture_default_str();
  context.registry_address = "127.0.0.1:50057";
  app.add_option("--registry-address", context.registry_address,
                 "registry's gRPC address, for models register and download")
      ->envname("MARQUEE_REGISTRY_ADDRESS")
      ->capture_default_str();
  app.add_flag("--json", context.json, "Print JSON, for programs");
  app.add_flag("-q,--quiet", context.quiet, "No progress bars");

  std::function<int()> run;
  AddDataCommands(app, context, run);
  AddPeopleCommands(app, context, run);
  AddAccountCommands(app, context, run);
  AddErasureCommands(app, context, run);
  AddModelCommands(app, context, run);
  AddApiKeyCommands(app, context, run);
  AddClientCommands(app, context, run);
  AddClusterCommands(app, context, run);
  static std::string shell;
  auto* completion = app.add_subcommand(
      "completion", "Print a completion script: source <(marqueectl completion bash)");
  completion->add_option("shell", shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  completion->callback([&] { run = [&] { return PrintCompletion(app, shell); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto words = app.remaining();
    if (!words.empty() && app.get_subcommands().empty()) {
      std::cerr << "marqueectl: there is no command \"" << words.front()
                << "\": see marqueectl --help\n";
      return 2;
    }
    return app.exit(error) == 0 ? 0 : 2;
  }
  marquee::config::Reader reader(marquee::config::SystemEnvironment());
  context.api_key = reader.Secret("MARQUEE_API_KEY", "", "an API key, in the stead of a login");
  if (const auto status = reader.Finish(); !status.ok()) return Fail(context, status.error());
  return run();
}
