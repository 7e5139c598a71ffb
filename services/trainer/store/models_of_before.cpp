#include "trainer/store/models_of_before.h"

#include <pqxx/pqxx>
#include <string>

#include "artefact/metrics_json.h"
#include "pg/array.h"
#include "pg/time.h"
#include "trainer/store/rows.h"

namespace marquee::trainer {
namespace {
constexpr std::chrono::milliseconds kStatementTime{5'000};
}  // namespace

Result<std::vector<ModelsOfBefore::Row>> PgModelsOfBefore::NotTakenOver(const CallContext& call) {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::vector<Row>> {
        std::vector<Row> found;
        for (const auto& row :
             tx.exec("SELECT v.model, v.version, v.run_id, v.file, v.evaluation_file, v.sha256, "
                     "  v.size_bytes, v.metrics, v.card, "
                     "  (extract(epoch FROM v.created_at) * 1000000)::bigint, "
                     "  ARRAY(SELECT a.alias FROM model_aliases a "
                     "    WHERE a.model = v.model AND a.version = v.version ORDER BY a.alias) "
                     "FROM model_versions v WHERE v.taken_over_at IS NULL "
                     "ORDER BY v.model, v.version")) {
          Row one;
          one.version.model = row[0].as<std::string>();
          one.version.version = row[1].as<std::int64_t>();
          one.version.run_id = row[2].as<std::int64_t>();
          one.file = row[3].as<std::string>();
          one.evaluation_file = row[4].as<std::string>();
          one.version.sha256 = row[5].as<std::string>();
          one.version.size_bytes = row[6].as<std::int64_t>();
          ASSIGN_OR_RETURN(one.version.metrics, artefact::ParseMetrics(row[7].as<std::string>()));
          one.version.card = row[8].as<std::string>();
          one.version.created_at = pg::FromMicroseconds(row[9].as<std::int64_t>());
          ASSIGN_OR_RETURN(one.version.aliases, pg::ParseTextArray(row[10].as<std::string>()));
          found.push_back(std::move(one));
        }
        return found;
      },
      pg::Within(kStatementTime, call.deadline));
}

Status PgModelsOfBefore::MarkTakenOver(const std::string& model, std::int64_t version,
                                       const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "UPDATE model_versions SET taken_over_at = now() WHERE model = $1 AND version = $2",
            model, version);
        return {};
      },
      pg::Within(kStatementTime, call.deadline));
}

}  // namespace marquee::trainer
