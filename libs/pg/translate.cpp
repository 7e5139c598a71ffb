#include "pg/translate.h"

#include <algorithm>
#include <pqxx/pqxx>

namespace marquee::pg {
namespace {

Failure Lost() {
  return {Error::Unavailable("database_unavailable", "the database can't be reached; try again"),
          false, Connection::kLost};
}

Failure Internal(std::string_view what, Connection connection) {
  return {Error::Internal("database: " + std::string(what)), false, connection};
}

// Classes of states that are the statement's fault, or the data's.
bool BlamesTheStatement(std::string_view state) {
  static constexpr std::string_view kClasses[] = {"0A", "20", "21", "22", "23", "24", "25",
                                                  "27", "2B", "2F", "34", "38", "39", "3B",
                                                  "3F", "40", "42", "44", "P0"};
  return std::ranges::find(kClasses, state.substr(0, 2)) != std::end(kClasses);
}

// 08: connection exceptions; 57: the operator intervenes (a stop, a crash, a start, an idle
// session's end); 53: out of memory, disk or connections; 28 and 3D: nobody may come in, or there
// is nowhere to go; 40003: the connection went away and the outcome is unknown; 25P03 and 25P04: a
// transaction that took too long; 26000: the session isn't the one that prepared the statement.
bool BlamesTheConnection(std::string_view state) {
  const auto group = state.substr(0, 2);
  return group == "08" || group == "57" || group == "53" || group == "28" || group == "3D" ||
         state == "40003" || state == "25P03" || state == "25P04" || state == "26000";
}

}  // namespace

Failure ReadOnly() {
  return {
      Error::Unavailable("database_read_only", "the database takes no writes just now; try again"),
      true, Connection::kLost, true};
}

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
            false};
  }
  if (state == "23503") {
    Error error = Error::FailedPrecondition("foreign_key_violation",
                                            "something that it refers to doesn't exist");
    error.field = ConstraintIn(text);
    return {std::move(error), false};
  }
  if (state == "23514") {
    return {Error::InvalidArgument("check_violation", "a value is out of its range",
                                   ConstraintIn(text)),
            false};
  }
  if (state == "40001" || state == "40P01" || state == "55P03") {
    return {Error::Aborted("transaction_conflict", "it conflicted with another change; try again"),
            true};
  }
  if (state == "57014") {
    return {Error::DeadlineExceeded("database_timeout", "the database took too long"), false};
  }
  if (state == "25006") return ReadOnly();
  if (BlamesTheConnection(state)) return Lost();
  return Internal(std::string(text) + " (SQLSTATE " + std::string(state) + ")",
                  BlamesTheStatement(state) ? Connection::kGood : Connection::kSuspect);
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
  return Internal(exception.what(), Connection::kSuspect);
}

}  // namespace marquee::pg
