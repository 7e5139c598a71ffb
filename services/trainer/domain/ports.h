// What the trainer needs of the world. store/ and clients/ implement it; tests have fakes. Every
// call is made within the one that it serves.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "models/content.h"
#include "trainer/domain/model_version.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

// Who runs a run. The instance's name is the same after a restart, so that a process knows the runs
// that its predecessor left; the session is this process alone, and fences off everyone else.
struct Owner {
  std::string instance = {};
  std::string session = {};
};

struct NewRun {
  Hyperparameters hyperparameters = {};
  bool force_promotion = false;
  std::int64_t started_by = 0;
  std::string idempotency_key = {};  // empty: none
};

struct StartedRun {
  TrainingRun run = {};
  bool fresh = true;  // false: an earlier request with the same idempotency key started it
};

struct RunOutcome {
  std::int64_t rating_count = 0;
  Hyperparameters hyperparameters = {};
  std::map<std::string, double> metrics = {};
};

// Implementations are thread-safe. Errors beside those named: Unavailable, DeadlineExceeded
// and the like.
class RunRepository {
 public:
  virtual ~RunRepository() = default;

  // AlreadyExists "training_run_active" while one is running, here or in another replica, or was
  // when its process died (see FailAbandoned).
  virtual Result<StartedRun> Start(const NewRun& run, const Owner& owner,
                                   const CallContext& call) = 0;
  // The same when no run has started for `interval`; nothing when one has, or is running.
  virtual Result<std::optional<TrainingRun>> StartIfDue(const NewRun& run, const Owner& owner,
                                                        std::chrono::milliseconds interval,
                                                        const CallContext& call) = 0;
  // NotFound "training_run_unknown".
  virtual Result<TrainingRun> Get(std::int64_t run_id, const CallContext& call) = 0;
  // Latest first, with ids below `before` (0: from the latest).
  virtual Result<std::vector<TrainingRun>> List(std::int64_t before, int limit,
                                                const CallContext& call) = 0;

  // Says that the run lives and how far it is; learns whether someone wants it stopped. Aborted
  // "run_fenced" when it isn't this owner's running run any more.
  virtual Result<bool> Heartbeat(std::int64_t run_id, const Owner& owner, Stage stage,
                                 double progress, const CallContext& call) = 0;
  // Leaves word for the run's owner; returns the run as it is. NotFound "training_run_unknown".
  virtual Result<TrainingRun> RequestCancel(std::int64_t run_id, const CallContext& call) = 0;
  // Ends a run that didn't succeed. Aborted "run_fenced".
  virtual Status End(std::int64_t run_id, const Owner& owner, RunState state,
                     const std::string& error, const RunOutcome& outcome,
                     const CallContext& call) = 0;

  // Marks as failed the runs that an earlier process of this instance left running, and those whose
  // last heartbeat is too long ago. Returns their ids.
  virtual Result<std::vector<std::int64_t>> FailAbandoned(const Owner& owner,
                                                          const CallContext& call) = 0;
  // Of the runs that ended so.
  virtual Result<std::optional<Time>> LastEnd(RunState state, const CallContext& call) = 0;
};

// A version that a run offers the registry, which numbers it and decides whether it is promoted.
struct NewVersion {
  std::string model = {};
  std::filesystem::path file = {};
  std::filesystem::path evaluation_file = {};  // the same model without the held-out data
  std::string card = {};
  bool force_promotion = false;
  std::int64_t compared_with = 0;  // the champion that the "champion.…" metrics are of; 0: none
};

// The registry, which is a service of its own.
class ModelRegistry {
 public:
  virtual ~ModelRegistry() = default;

  virtual Result<std::optional<ModelVersion>> Champion(const std::string& model,
                                                       const CallContext& call) = 0;
  // The version's evaluation artefact, whole, into this file. NotFound "artefact_missing", DataLoss
  // "artefact_corrupt".
  virtual Status FetchEvaluation(const ModelVersion& version, const std::filesystem::path& to,
                                 const CallContext& call) = 0;
  // Registering the same file again is the same version: after a lost answer it is done again.
  virtual Result<ModelVersion> Register(const NewVersion& version, const CallContext& call) = 0;
  virtual Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids,
                                                   const CallContext& call) = 0;
  // A version of the time when the trainer kept the registry; an empty path is a file that is lost.
  virtual Status TakeOver(const ModelVersion& version, const std::filesystem::path& file,
                          const std::filesystem::path& evaluation_file,
                          const CallContext& call) = 0;
};

// The registry's rows of before, when they were the trainer's.
class ModelsOfBefore {
 public:
  virtual ~ModelsOfBefore() = default;

  struct Row {
    ModelVersion version;
    std::string file;  // names, in the folder of before
    std::string evaluation_file;
  };
  // Those that the registry doesn't have yet, in the order of their numbers.
  virtual Result<std::vector<Row>> NotTakenOver(const CallContext& call) = 0;
  virtual Status MarkTakenOver(const std::string& model, std::int64_t version,
                               const CallContext& call) = 0;
};

// What is known of the movies besides their ratings.
class ContentSource {
 public:
  virtual ~ContentSource() = default;
  // As of now; empty where nothing is known. Never null.
  virtual std::shared_ptr<const models::Content> Get() = 0;
};

// All current ratings as of one moment.
struct Snapshot {
  std::vector<std::int64_t> user_ids = {};  // columns of equal length
  std::vector<std::int64_t> movie_ids = {};
  std::vector<float> values = {};               // stars, 0.5 to 5
  std::vector<std::int64_t> next_offsets = {};  // of marquee.ratings.v1, by partition
  std::string sha256 = {};                      // of the columns
};

class RatingsSource {
 public:
  virtual ~RatingsSource() = default;
  // `progress` hears how many rows have come; a stop request ends it at once with an error, even
  // while nothing comes. DataLoss "export_truncated" when the stream ended early or its summary
  // counts other rows, "export_malformed"; ResourceExhausted "too_many_ratings". No call: a run
  // has none, and how long an export may take is the source's to know.
  virtual Result<Snapshot> Export(const std::function<void(std::int64_t rows)>& progress,
                                  std::stop_token stop) = 0;
};

}  // namespace marquee::trainer
