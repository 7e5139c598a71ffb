#include "pg/bulk.h"

#include <pqxx/pqxx>
#include <string>

namespace marquee::pg {

Status ForEachChunk(Transaction& tx, std::string_view sql, int chunk_rows,
                    const std::function<Status(const pqxx::result&)>& each) {
  tx.exec("DECLARE marquee_chunks NO SCROLL CURSOR FOR " + std::string(sql));
  const std::string fetch = "FETCH " + std::to_string(chunk_rows) + " FROM marquee_chunks";
  for (;;) {
    const pqxx::result rows = tx.exec(fetch);
    if (rows.empty()) break;
    RETURN_IF_ERROR(each(rows));
    if (static_cast<int>(rows.size()) < chunk_rows) break;
  }
  tx.exec("CLOSE marquee_chunks");
  return {};
}

}  // namespace marquee::pg
