// ArtefactStore on PostgreSQL: tables artefacts and artefact_chunks. An artefact comes in by one
// transaction, chunk by chunk: neither side holds more than a few chunks at once.
#pragma once

#include <chrono>

#include "pg/pool.h"
#include "registry/domain/ports.h"

namespace marquee::registry {

class PgArtefactStore final : public ArtefactStore {
 public:
  // `put_timeout` is for a whole artefact, unless its call ends sooner.
  PgArtefactStore(pg::Pool& pool, std::chrono::milliseconds put_timeout)
      : pool_(pool), put_timeout_(put_timeout) {}

  Status Put(const std::string& id, const std::filesystem::path& file,
             const CallContext& call) override;
  Status Read(const std::string& id, const CallContext& call,
              const std::function<Status(std::string chunk)>& each) override;
  Result<std::optional<Identity>> Identify(const std::string& id, const CallContext& call) override;
  Status Remove(const std::string& id, const CallContext& call) override;
  Result<std::vector<std::string>> OlderThan(std::chrono::milliseconds age,
                                             const CallContext& call) override;

 private:
  pg::Pool& pool_;
  std::chrono::milliseconds put_timeout_;
};

}  // namespace marquee::registry
