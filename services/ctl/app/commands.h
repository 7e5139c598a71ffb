// The commands. Each takes its flags as a struct, does its work, shows its result and returns the
// exit status.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ctl/app/context.h"
#include "kafka/types.h"
#include "models/search.h"

namespace marquee::ctl {

// --- with no server
// -------------------------------------------------------------------------------------------------

struct DatagenFlags {
  std::filesystem::path out;
  std::filesystem::path films = ".tools/node/node_modules/vega-datasets/data/movies.json";
  int users = 2'000;
  std::int64_t ratings = 200'000;
  std::uint64_t seed = 1;
};
int Datagen(const Context& context, const DatagenFlags& flags);

// How a data set is to be read, where its files don't say it.
struct ReadingFlags {
  std::string encoding;         // utf-8 or windows-1252; empty: as the form has it
  std::string ratings_columns;  // of files without a header line
  std::string movies_columns;
  std::string rated_at;  // of ratings without a time: a date, seconds since 1970, or "unknown"
};

// What models are for, and what a model is called: "ranking", "rating", "sentiment".
std::vector<std::string> TaskNames();

// What `evaluate` judges, and on which part of the data.
std::vector<std::string> EvaluationTasks();
std::vector<std::string> EvaluationSplits();

struct EvaluateFlags {
  std::filesystem::path data;
  ReadingFlags reading;
  std::string task = "ranking";                    // one of EvaluationTasks()
  std::string split;                               // one of EvaluationSplits(); empty: the task's
  std::vector<std::string> algorithms = {"auto"};  // as models::Resolve takes them, or a baseline
  bool peers = false;                              // every built-in algorithm, too
  std::string against = "first";                   // or "best", or a method's name
  int folds = 5;
  std::uint64_t seed = 1;
  int factors = 0;                    // 0: the default for the data set's size
  std::vector<std::string> options;   // NAME=VALUE: of those algorithms, "ease.regularization=300"
  models::SearchOptions search;       // of the rest, on each fold's training part
  std::filesystem::path write_folds;  // a folder; empty: they aren't written
  std::filesystem::path report;       // a file; empty: none
};
// 1 when the data allow nothing to be judged.
int Evaluate(const Context& context, const EvaluateFlags& flags);

// Which labelled texts, and how they are learned from (files/labelled_texts.h, models/sentiment/fit.h).
struct SentimentFlags {
  std::vector<std::filesystem::path> paths;
  std::string encoding = "utf-8";  // or windows-1252
  std::string text_column;         // empty: the usual names
  std::string label_column;
  std::string method = "nb";  // or "counts"
  double c = 0;               // 0: the method's
  int ngram_max = 0;          // 0: the method's
  std::string min_df;         // a number of texts, or a share with a point; empty: the method's
  std::string max_df;
  std::int64_t max_features = -1;  // 0: all; below: the method's
  bool binary = false;             // also where the method counts
  int folds = 5;
  std::uint64_t seed = 1;
  int threads = 0;                    // 0: all cores
  std::filesystem::path predictions;  // a CSV file of them; empty: none
};
int EvaluateSentiment(const Context& context, const SentimentFlags& flags);

// --- over gRPC
// ------------------------------------------------------------------------------------------------------

struct ImportFlags {
  std::filesystem::path data;
  ReadingFlags reading;
  std::filesystem::path
      rejects;  // empty: marquee-rejects-<folder>.tsv in the current folder, when there are any
  double min_taken = 50;  // percent of a file's rows that must be taken for it to be sent
  bool wait = true;       // until the writer has applied everything
};
// 1 when nothing, or too little, was taken.
int Import(const Context& context, const ImportFlags& flags);

// --- at Kafka
// -------------------------------------------------------------------------------------------------

struct TopicsFlags {
  kafka::ClusterConfig cluster;
  std::filesystem::path file = "deploy/kafka/topics.txt";
  std::int32_t ratings_partitions = 8;
  int replication_factor = 1;
  std::chrono::seconds timeout{90};
};
// Makes the topics that are missing; warns of those that aren't as the file says, which stay.
int ApplyTopics(const Context& context, const TopicsFlags& flags);

// --- over REST
// ------------------------------------------------------------------------------------------------------

struct LoginFlags {
  std::string email;                // empty: as on a device, with a browser anywhere
  std::vector<std::string> scopes;  // that it may do then; empty: all
  bool make_account = false;        // register first
  bool bootstrap = false;           // become the first administrator
  std::string bootstrap_secret;     // from MARQUEE_AUTH_BOOTSTRAP_SECRET or its _FILE
  std::string
      password;      // from MARQUEE_PASSWORD; else asked for, else the first line of standard input
  std::string code;  // of the second factor; empty: asked for when it is needed
};
int Login(const Context& context, const LoginFlags& flags);
// RFC 8628: shows a code, which is typed into a page in any browser; no password comes here.
int LoginOnDevice(const Context& context, const std::vector<std::string>& scopes);

// One's own account. Passwords as at the login; codes are asked for where they aren't given.
struct AccountFlags {
  std::string password;
  std::string code;   // of the authenticator, or a recovery code
  std::string email;  // to which a link goes; empty: the account's own
  std::string token;  // of a link; empty: one is sent
};
int StartTotp(const Context& context, const AccountFlags& flags);
int ConfirmTotp(const Context& context, const AccountFlags& flags);
int RemoveTotp(const Context& context, const AccountFlags& flags);
// With a token the new password is set, else a link is sent.
int ResetPassword(const Context& context, const AccountFlags& flags);
int VerifyEmail(const Context& context, const AccountFlags& flags);

struct RateFlags {
  std::string movie;  // an id, or words of a title
  std::optional<double> value;
  bool remove = false;
};
int Rate(const Context& context, const RateFlags& flags);

struct RecommendFlags {
  int count = 10;
  std::string genre;
  int year_min = 0;
  int year_max = 0;
  std::int64_t min_rating_count = 0;
  double diversity = 0;
  std::string rewatch;  // "include" or "only"
};
int Recommend(const Context& context, const RecommendFlags& flags);

struct WhatIfFlags {
  std::vector<std::string> changes;  // ID=STARS or ID=none
  int count = 10;
};
int WhatIf(const Context& context, const WhatIfFlags& flags);

struct TrainFlags {
  int factors = 0;
  int iterations = 0;
  bool force_promotion = false;
  bool wait = true;
};
int Train(const Context& context, const TrainFlags& flags);

int Models(const Context& context, const std::string& model);

struct ModelRegisterFlags {
  std::string file;
  std::string card;        // a file
  std::string evaluation;  // a file; empty: none
  bool force_promotion = false;
  std::int64_t compared_with = 0;
};
int RegisterModel(const Context& context, const ModelRegisterFlags& flags);
struct ModelDownloadFlags {
  std::string model;
  std::string which;  // a number or an alias
  std::string file;
  bool evaluation = false;
};
int DownloadModel(const Context& context, const ModelDownloadFlags& flags);
int ShowModel(const Context& context, const std::string& model, const std::string& which);
struct SentimentTrainFlags {
  SentimentFlags data;
  std::filesystem::path
      out;  // files with this name's stem, and nothing is registered; empty: it is
  bool force_promotion = false;
};
int TrainSentiment(const Context& context, const SentimentTrainFlags& flags);
int Promote(const Context& context, const std::string& model, std::int64_t version);
int StatusOf(const Context& context);

// The keys that access tokens are signed with.
int ListKeys(const Context& context);
int RotateKeys(const Context& context);

// One's own sign-ins.
int ListSessions(const Context& context);
struct RevokeFlags {
  std::string session;  // its id; empty with one of these
  bool others = false;  // all but this login's
  bool all = false;
};
int RevokeSessions(const Context& context, const RevokeFlags& flags);

// What one can sign in with at other providers. They are linked on a page, /oauth2/identities.
int ListIdentities(const Context& context);
int UnlinkIdentity(const Context& context, const std::string& identity_id);

// Others' accounts, for administrators.
int SetAccountState(const Context& context, std::int64_t user_id, bool disabled);
int RemoveUserTotp(const Context& context, std::int64_t user_id);

// The caller's own account.
struct DeleteAccountFlags {
  bool yes = false;   // without asking
  bool wait = true;   // until every service has confirmed
  int seconds = 300;  // and for how long
};
// 3 when not all have confirmed in time: they go on.
int DeleteAccount(const Context& context, const DeleteAccountFlags& flags);
// All that is kept of the caller, as JSON Lines, to a file of theirs alone; "-": standard output.
int ExportAccount(const Context& context, const std::filesystem::path& file);

// Erasures: one, by its id, for everybody who has it; all, for administrators.
int ShowErasure(const Context& context, const std::string& id);
int ListErasures(const Context& context, bool pending);
int RepeatErasures(const Context& context);
int DeleteUser(const Context& context, std::int64_t user_id);

// The last entries of the audit log, for administrators.
struct AuditFlags {
  std::int64_t user_id = 0;  // 0: everybody's
  std::string action;        // empty: any
  int count = 50;
};
int ShowAudit(const Context& context, const AuditFlags& flags);

// The caller's own API keys.
struct ApiKeyFlags {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> networks;  // empty: from anywhere
  std::int64_t expires_in_days = 0;   // 0: it doesn't expire
};
int CreateApiKey(const Context& context, const ApiKeyFlags& flags);
int ListApiKeys(const Context& context);
int RevokeApiKey(const Context& context, const std::string& id);
int RotateApiKey(const Context& context, const std::string& id, int overlap_hours);

// Applications that people can let in (OAuth 2), for administrators.
struct ClientFlags {
  std::string id;  // of one that there is
  std::string name;
  bool confidential = false;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> scopes;
  std::vector<std::string> grant_types;
};
int CreateClient(const Context& context, const ClientFlags& flags);
int ListClients(const Context& context);
int ShowClient(const Context& context, const std::string& id);
int UpdateClient(const Context& context, const ClientFlags& flags);
int RotateClientSecret(const Context& context, const std::string& id);
int DeleteClient(const Context& context, const std::string& id);

}  // namespace marquee::ctl
