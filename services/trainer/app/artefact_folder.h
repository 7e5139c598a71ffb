// The folder (a volume that all replicas share) in which artefacts and their cards lie:
//   ranking-run-7.safetensors             what is served
//   ranking-run-7.card.json               its card, as the registry has it too
//   ranking-run-7.evaluation.safetensors  the same model without the held-out part (quality_gate.h)
// A file has its name only once it is whole and on disk. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "artefact/model_file.h"
#include "artefact/safetensors.h"
#include "base/result.h"
#include "models/ranker.h"
#include "trainer/domain/model_version.h"

namespace marquee::trainer {

// Metadata of our artefacts (what libs/artefact adds aside).
inline constexpr char kModelKey[] = "model";
inline constexpr char kRunKey[] = "run_id";
inline constexpr char kEvaluationHashKey[] = "evaluation_sha256";  // in the served one

enum class ArtefactKind { kServed, kEvaluation, kCard };

// A file as it lies there: equal as long as nobody has replaced or rewritten it.
struct FileIdentity {
  std::uint64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

class ArtefactFolder {
 public:
  explicit ArtefactFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Makes the folder if it is missing. Unavailable "artefact_folder_unavailable" when it can't be
  // written to, which a run needs.
  Status Check() const;
  // The same when it can't even be read: the check for readiness. A folder that is full or
  // read-only still hands out what is in it.
  Status CheckReadable() const;

  static std::string FileName(const std::string& model, std::int64_t run_id, ArtefactKind kind);

  Result<artefact::WrittenFile> Save(const std::string& file, const models::Model& model,
                                     const artefact::Metadata& metadata) const;
  Status SaveCard(const std::string& file, const std::string& card) const;
  // Either file of a version, read whole, as what it must be: of the registered size and hash
  // (served), of this version and as the served file names it (evaluation), loadable, and good for
  // what the model's name promises. NotFound "artefact_missing"; DataLoss "artefact_corrupt".
  struct Loaded {
    Status served;
    Result<std::shared_ptr<const models::Ranker>> evaluation;
  };
  Loaded Load(const ModelVersion& version) const;
  // Nothing when there is no such file.
  std::optional<FileIdentity> Identify(const std::string& file) const;
  bool Has(const std::string& file) const { return Identify(file).has_value(); }

  // Hands the file over in pieces of up to `chunk_bytes`; the first error from `each` ends it.
  // NotFound "artefact_missing".
  Status Read(const std::string& file, std::size_t chunk_bytes,
              const std::function<Status(std::string chunk)>& each) const;

  // Removes the file; OK when it isn't there.
  void Remove(const std::string& file) const;
  // Removes everything of this run, whole or half written.
  void RemoveRun(std::int64_t run_id) const;

  // Removes what runs left that ended without registering it. `ended` says whether a run has
  // (nothing: no such run, and its files stay, for they may be another database's); `registered`
  // lists the files that are owned, and is asked after all runs' states are known, so that a run
  // which ends meanwhile keeps its files. Returns how many files went.
  Result<int> Sweep(const std::function<Result<std::optional<bool>>(std::int64_t run_id)>& ended,
                    const std::function<Result<std::vector<std::string>>()>& registered) const;

 private:
  std::filesystem::path PathOf(const std::string& file) const { return folder_ / file; }
  Result<artefact::LoadedModel> LoadServed(const ModelVersion& version) const;
  Result<std::shared_ptr<const models::Ranker>> LoadEvaluation(const ModelVersion& version,
                                                               const std::string& sha256) const;
  std::filesystem::path folder_;
};

}  // namespace marquee::trainer
