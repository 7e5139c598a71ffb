// Driver exceptions to errors. For libs/pg's own files.
#pragma once

#include <exception>

#include "base/result.h"

namespace marquee::pg {

struct Failure {
  Error error;
  bool retry = false;            // a conflict: running the transaction again may succeed
  bool connection_lost = false;  // the connection can't be used again
};

Failure Translate(const std::exception& exception);
// The same from SQLSTATE and the server's text, for errors that the driver has no class for.
Failure TranslateState(std::string_view state, std::string_view text);
// The constraint's name in PostgreSQL's message (`… constraint "movies_pkey"`), else empty.
std::string ConstraintIn(std::string_view text);

}  // namespace marquee::pg
