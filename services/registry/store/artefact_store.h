// ArtefactStore on PostgreSQL: tables artefacts and artefact_chunks. An artefact comes in by one
// transaction, chunk by chunk: neither side holds more than a few chunks at once.
#pragma once

#include <chrono>

#include "pg/pool.h"
#include "registry/domain/ports.h"

namespace marquee::registry {

class PgArtefactStore final : public ArtefactStore {
 public:
  // `put_timeout` is for a whole artefact.
  PgArtefactStore(pg::Pool& pool, std::chrono::milliseconds put_timeout)
      : pool_(pool), put_timeout_(put_timeout) {}

  Status Put(const std::string& id, const std::filesystem::path& file) override;
  Status Read(const std::string& id, const std::function<Status(std::string chunk)>& each) override;
  Result<std::optional<Identity>> Identify(const std::string& id) override;
  Status Remove(const std::string& id) override;
  Result<std::vector<std::string>> OlderThan(std::chrono::milliseconds age) override;

 private:
  pg::Pool& pool_;
  std::chrono::milliseconds put_timeout_;
};

}  // namespace marquee::registry
