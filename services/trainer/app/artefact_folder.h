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

#include "artefact/safetensors.h"
#include "base/result.h"
#include "models/ranker.h"

namespace marquee::trainer {

enum class ArtefactKind { kServed, kEvaluation, kCard };

class ArtefactFolder {
 public:
  explicit ArtefactFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Makes the folder if it is missing. Unavailable "artefact_folder_unavailable" when it can't be
  // written to: also the check for readiness.
  Status Check() const;

  static std::string FileName(const std::string& model, std::int64_t run_id, ArtefactKind kind);

  Result<artefact::WrittenFile> Save(const std::string& file, const models::ServedModel& model,
                                     const artefact::Metadata& metadata) const;
  Status SaveCard(const std::string& file, const std::string& card) const;
  Result<models::ServedModel> Load(const std::string& file) const;
  bool Has(const std::string& file) const;

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
  std::filesystem::path folder_;
};

}  // namespace marquee::trainer
