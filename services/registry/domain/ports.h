// What the registry needs of the world. store/ and clients/ implement it; tests have fakes. Every
// call is made within the one that it serves.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "registry/domain/model_version.h"

namespace marquee::registry {

// Implementations are thread-safe. Errors beside those named: Unavailable, DeadlineExceeded and the
// like. A version is registered, and an alias moved, by the call's caller.
class VersionStore {
 public:
  virtual ~VersionStore() = default;

  // All or nothing: the version gets its number, "candidate" moves to it, "champion" where the gate
  // says so, and each move is queued to be announced. A served artefact of this hash that the model
  // has already is that version: `fresh` is false and nothing changes.
  struct Added {
    ModelVersion version;
    bool fresh = true;
  };
  virtual Result<Added> Add(const NewVersion& version, const CallContext& call) = 0;
  // A version by its own number, with its aliases (which stay where they are if somebody has moved
  // them here already). When it is there: takes the artefacts that it lacks. AlreadyExists
  // "model_version_taken" when that number is another artefact's.
  virtual Result<ModelVersion> TakeOver(const ModelVersion& version, const CallContext& call) = 0;

  // Latest first, with versions below `before` (0: from the latest).
  virtual Result<std::vector<ModelVersion>> ListVersions(const std::string& model,
                                                         std::int64_t before, int limit,
                                                         const CallContext& call) = 0;
  virtual Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids,
                                                   const CallContext& call) = 0;
  // NotFound "model_version_unknown"
  virtual Result<ModelVersion> GetVersion(const std::string& model, std::int64_t version,
                                          const CallContext& call) = 0;
  // NotFound "alias_unset"
  virtual Result<ModelVersion> GetAlias(const std::string& model, const std::string& alias,
                                        const CallContext& call) = 0;
  // Moves the alias and queues the announcement; NotFound "model_version_unknown". An alias that is
  // there already is announced again all the same: that is how an operator repeats it.
  virtual Result<ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                        std::int64_t version, const CallContext& call) = 0;

  // Hands each promotion that wasn't announced to `announce`, oldest first, and marks it done.
  // Stops at the first error and returns it; does nothing while another replica is at it. Returns
  // how many.
  virtual Result<int> AnnouncePending(const CallContext& call,
                                      const std::function<Status(const Promotion&)>& announce) = 0;
  virtual Result<std::int64_t> PendingAnnouncements(const CallContext& call) = 0;

  // Ids of all artefacts that a version owns.
  virtual Result<std::vector<std::string>> Artefacts(const CallContext& call) = 0;
};

// Where the bytes lie: PostgreSQL, and whatever else may join. An artefact is there whole or not at
// all, and never changes.
class ArtefactStore {
 public:
  virtual ~ArtefactStore() = default;

  // Takes the file's bytes in; memory is bounded, whatever its size. Unavailable … when it
  // couldn't, and then nothing of it is there.
  virtual Status Put(const std::string& id, const std::filesystem::path& file,
                     const CallContext& call) = 0;
  // Hands the bytes over in pieces of kChunkBytes at most; the first error from `each` ends it.
  // NotFound "artefact_missing".
  virtual Status Read(const std::string& id, const CallContext& call,
                      const std::function<Status(std::string chunk)>& each) = 0;

  // As it lies there: equal as long as nobody has touched it. Cheap.
  struct Identity {
    std::int64_t bytes = 0;
    std::string mark = {};
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  // Nothing: it is missing.
  virtual Result<std::optional<Identity>> Identify(const std::string& id,
                                                   const CallContext& call) = 0;
  // OK when it isn't there.
  virtual Status Remove(const std::string& id, const CallContext& call) = 0;
  // Those that have been there for so long.
  virtual Result<std::vector<std::string>> OlderThan(std::chrono::milliseconds age,
                                                     const CallContext& call) = 0;
};

inline constexpr std::size_t kChunkBytes = 1 << 20;

class Announcer {
 public:
  virtual ~Announcer() = default;
  // Returns once Kafka has it.
  virtual Status Announce(const Promotion& promotion, const CallContext& call) = 0;
};

}  // namespace marquee::registry
