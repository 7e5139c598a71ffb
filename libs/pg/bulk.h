// Many rows out of the database, through a cursor.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "pg/pool.h"

namespace pqxx {
class result;
}

namespace marquee::pg {

// Runs a SELECT through a cursor and hands over its rows `chunk_rows` at a time, so that memory
// stays bounded. `sql` is written in the source and takes no parameters. The first error from
// `each` stops it and is returned.
Status ForEachChunk(Transaction& tx, std::string_view sql, int chunk_rows,
                    const std::function<Status(const pqxx::result&)>& each);

}  // namespace marquee::pg
