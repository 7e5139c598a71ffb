#include "pg/translate.h"

#include <pqxx/pqxx>

namespace marquee::pg {
namespace {

Failure Lost() {
  return {Error::Unavailable("database_unavailable", "the database can't be reached; try again"),
          false, true};
}

Failure Internal(std::string_view what) {
  return {Error::Internal("database: " + std::string(what)), false, false};
}

}  // namespace

std::string ConstraintIn(std::string_view text) {
  constexpr std::string_view kMark = "constraint \"";
  const auto mark = text.find(kMark);
  if (mark == std::string_view::npos) return {};
  const auto start = mark + kMark.size();
  const auto end = text.find('"', start);
  if (end == std::string_view::npos) return {};
  return std::string(text.substr(start, end - start));
}

Failure TranslateState(std::string_view state, std::string_view text) {
  if (state == "23505") {
    return {Error::AlreadyExists("unique_violation", "it exists already", ConstraintIn(text)),
            false, false};
  }
  if (state == "23503") {
    Error error = Error::FailedPrecondition("foreign_key_violation",
                                            "something that it refers to doesn't exist");
    error.field = ConstraintIn(text);
    return {std::move(error), false, false};
  }
  if (state == "23514") {
    return {Error::InvalidArgument("check_violation", "a value is out of its range",
                                   ConstraintIn(text)),
            false, false};
  }
  if (state == "40001" || state == "40P01" || state == "55P03") {
    return {Error::Aborted("transaction_conflict", "it conflicted with another change; try again"),
            true, false};
  }
  if (state == "57014") {
    return {Error::DeadlineExceeded("database_timeout", "the database took too long"), false,
            false};
  }
  // 08: connection exceptions; 57P0x: the server stops, crashed or isn't up yet; 53300: too many
  // connections; 40003: the connection went away and the outcome is unknown; 25P03: idle in
  // transaction for too long.
  if (state.substr(0, 2) == "08" || state.substr(0, 4) == "57P0" || state == "53300" ||
      state == "40003" || state == "25P03") {
    return Lost();
  }
  return Internal(std::string(text) + " (SQLSTATE " + std::string(state) + ")");
}

Failure Translate(const std::exception& exception) {
  if (dynamic_cast<const pqxx::broken_connection*>(&exception) != nullptr ||
      dynamic_cast<const pqxx::in_doubt_error*>(&exception) != nullptr) {
    return Lost();
  }
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&exception)) {
    return TranslateState(sql->sqlstate(), sql->what());
  }
  // pqxx 6 has these outside sql_error, without a state.
  if (dynamic_cast<const pqxx::serialization_failure*>(&exception) != nullptr ||
      dynamic_cast<const pqxx::deadlock_detected*>(&exception) != nullptr) {
    return TranslateState("40001", exception.what());
  }
  if (dynamic_cast<const pqxx::statement_completion_unknown*>(&exception) != nullptr) return Lost();
  if (dynamic_cast<const pqxx::transaction_rollback*>(&exception) != nullptr) {
    return TranslateState("40001", exception.what());
  }
  return Internal(exception.what());
}

}  // namespace marquee::pg
