// Driver exceptions to errors. For libs/pg's own files.
#pragma once

#include <exception>

#include "base/result.h"

namespace marquee::pg {

// What an error says of the connection that it came by.
enum class Connection {
  kGood,     // the statement was at fault, or the data
  kSuspect,  // nobody knows: it is asked before it is lent again
  kLost,     // it can't be used again
};

struct Failure {
  Error error;
  bool retry = false;  // nothing of the transaction has happened, and it may succeed if run again
  Connection connection = Connection::kGood;
  bool read_only = false;  // the server takes no writes on this connection
};

// A write met a server or a session that takes none: after a failover the connection leads to what
// is now a standby.
Failure ReadOnly();

Failure Translate(const std::exception& exception);
// The same from SQLSTATE and the server's text. By class (PostgreSQL, appendix A), so that a state
// that nobody thought of is in doubt rather than taken for the statement's fault.
Failure TranslateState(std::string_view state, std::string_view text);
// The constraint's name in PostgreSQL's message (`… constraint "movies_pkey"`), else empty.
std::string ConstraintIn(std::string_view text);

}  // namespace marquee::pg
