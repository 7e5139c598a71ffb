// Moving many rows: COPY in, and a cursor out. Hides what differs between pqxx 6 and 7.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pg/pool.h"

namespace pqxx {
class result;
}

namespace marquee::pg {

// COPY table (columns) FROM STDIN within a transaction; nothing else may run in it until Finish().
// A row's fields are appended in the columns' order. Throws the driver's exceptions: use it inside
// Pool::Run only.
class CopyIn {
 public:
  // `table` and `columns` are identifiers written in the source, never input.
  CopyIn(Transaction& tx, std::string table, std::vector<std::string> columns);
  ~CopyIn();  // without Finish() the rows are lost with the transaction

  CopyIn& Int64(std::int64_t value);
  CopyIn& Real(double value);
  CopyIn& Text(std::string_view value);
  CopyIn& Null();
  void EndRow();
  void Finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs a SELECT through a cursor and hands over its rows `chunk_rows` at a time, so that memory
// stays bounded. `sql` is written in the source and takes no parameters. The first error from
// `each` stops it and is returned.
Status ForEachChunk(Transaction& tx, std::string_view sql, int chunk_rows,
                    const std::function<Status(const pqxx::result&)>& each);

}  // namespace marquee::pg
