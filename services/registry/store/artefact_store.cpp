#include "registry/store/artefact_store.h"

#include <fstream>
#include <pqxx/pqxx>
#include <string>

#include "base/clock.h"

namespace marquee::registry {
namespace {

// A chunk of 1 MiB, or a question: plenty even for a busy database.
constexpr std::chrono::milliseconds kStatementTime{10'000};

}  // namespace

Status PgArtefactStore::Put(const std::string& id, const std::filesystem::path& file,
                            const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        std::ifstream stream(file, std::ios::binary);
        if (!stream)
          return Error::Unavailable("scratch_unavailable", "The upload can't be read back.");
        tx.exec_params("INSERT INTO artefacts (artefact_id) VALUES ($1)", id);
        std::string chunk;
        for (std::int32_t position = 0; stream; ++position) {
          chunk.resize(kChunkBytes);
          stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
          chunk.resize(static_cast<std::size_t>(stream.gcount()));
          if (chunk.empty()) break;
          tx.exec_params(
              "INSERT INTO artefact_chunks (artefact_id, position, bytes) VALUES ($1, $2, $3)", id,
              position, pqxx::binarystring(chunk.data(), chunk.size()));
        }
        if (stream.bad())
          return Error::Unavailable("scratch_unavailable", "The upload can't be read back.");
        return {};
      },
      pg::Within(put_timeout_, call.deadline));
}

Status PgArtefactStore::Read(const std::string& id, const CallContext& call,
                             const std::function<Status(std::string chunk)>& each) {
  for (std::int32_t position = 0;; ++position) {
    ASSIGN_OR_RETURN(auto chunk,
                     pool_.ReadOne(
                         [&](pg::Transaction& tx) -> Result<std::optional<std::string>> {
                           pg::Prepare(tx, "artefact_chunk",
                                       "SELECT bytes FROM artefact_chunks "
                                       "WHERE artefact_id = $1 AND position = $2");
                           const auto rows = tx.exec_prepared("artefact_chunk", id, position);
                           if (rows.empty()) return std::optional<std::string>{};
                           return std::optional(pqxx::binarystring(rows[0][0]).str());
                         },
                         pg::Within(kStatementTime, call.deadline)));
    if (!chunk && position == 0)
      return Error::NotFound("artefact_missing", "The artefact is not there any more.");
    if (!chunk) return {};
    RETURN_IF_ERROR(each(*std::move(chunk)));
  }
}

Result<std::optional<ArtefactStore::Identity>> PgArtefactStore::Identify(const std::string& id,
                                                                         const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::optional<Identity>> {
        // Lengths and row versions: the bytes themselves aren't fetched.
        const auto rows = tx.exec_params(
            "SELECT count(*), coalesce(sum(octet_length(bytes)), 0), "
            "  coalesce(md5(string_agg(xmin::text || ctid::text, ',' ORDER BY position)), '') "
            "FROM artefact_chunks WHERE artefact_id = $1",
            id);
        if (rows[0][0].as<std::int64_t>() == 0) return std::optional<Identity>{};
        return std::optional(Identity{rows[0][1].as<std::int64_t>(), rows[0][2].as<std::string>()});
      },
      pg::Within(kStatementTime, call.deadline));
}

Status PgArtefactStore::Remove(const std::string& id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("DELETE FROM artefacts WHERE artefact_id = $1", id);
        return {};
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::vector<std::string>> PgArtefactStore::OlderThan(std::chrono::milliseconds age,
                                                            const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> ids;
        for (const auto& row :
             tx.exec_params("SELECT artefact_id FROM artefacts "
                            "WHERE stored_at <= now() - $1 * interval '1 millisecond'",
                            static_cast<std::int64_t>(age.count())))
          ids.push_back(row[0].as<std::string>());
        return ids;
      },
      pg::Within(kStatementTime, call.deadline));
}

}  // namespace marquee::registry
