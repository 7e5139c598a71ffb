// What is known of versions' artefacts as they lie in the folder. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "trainer/app/artefact_folder.h"
#include "trainer/domain/model_version.h"

namespace marquee::trainer {

class ArtefactInspector {
 public:
  explicit ArtefactInspector(const ArtefactFolder& folder) : folder_(folder) {}  // outlives it

  // Fills in the version's states: by presence and size, and by what Inspect has found of these
  // very files. Two looks at the folder, so good for lists.
  void Describe(ModelVersion& version) const;

  struct Findings {
    Status served;
    Status evaluation;
  };
  // Whether either file is what it must be (ArtefactFolder::Load). Reads them whole when they
  // aren't those that it read last, else remembers.
  Findings Inspect(const ModelVersion& version);

 private:
  struct Seen {
    std::optional<FileIdentity> served;
    std::optional<FileIdentity> evaluation;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  struct Remembered {
    Seen seen;
    Findings findings;
  };
  static constexpr std::size_t kMostRemembered = 64;  // what aliases name is four, and a few before
  Seen Look(const ModelVersion& version) const;

  const ArtefactFolder& folder_;
  mutable std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;  // by the served file's name
};

}  // namespace marquee::trainer
