// Errors are values. A function that can fail for a reason that its caller must handle returns
// Result<T>; exceptions stop at the adapter that knows them (libs/pg, libs/kafka).
#pragma once

#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace marquee {

// gRPC's canonical codes, with gRPC's numbers, so that a domain names its errors without including
// gRPC.
enum class Code : int {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

std::string_view Name(Code code);  // "INVALID_ARGUMENT", …

struct [[nodiscard]] Error {
  Code code = Code::kUnknown;
  std::string reason;  // stable, lower_snake_case: programs match on it ("rating_out_of_range")
  std::string
      message;  // a sentence that may be shown to the caller: says what is wrong and what to do
  std::string field;  // the offending input's path ("rating", "ratings[2].movie_id"); empty when
                      // there is none
  std::chrono::seconds retry_after{0};  // when to try again, where that is known; 0: it isn't

  static Error InvalidArgument(std::string reason, std::string message, std::string field = {});
  static Error NotFound(std::string reason, std::string message);
  static Error AlreadyExists(std::string reason, std::string message, std::string field = {});
  static Error PermissionDenied(std::string reason, std::string message);
  static Error Unauthenticated(std::string reason, std::string message);
  static Error FailedPrecondition(std::string reason, std::string message);
  static Error ResourceExhausted(std::string reason, std::string message);
  static Error Aborted(std::string reason, std::string message);
  static Error Unavailable(std::string reason, std::string message);
  static Error DeadlineExceeded(std::string reason, std::string message);
  static Error Cancelled(std::string reason, std::string message);
  static Error DataLoss(std::string reason, std::string message);
  // The message is for the log: the wire shows a generic sentence with the trace id.
  static Error Internal(std::string message);

  std::string ToString()
      const;  // "INVALID_ARGUMENT rating_out_of_range (rating): …", for logs and terminals

  friend bool operator==(const Error&, const Error&) = default;
};

// A value or an Error. Accessing the side that isn't there is a programming error and asserts.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *Checked(); }
  const T& value() const& { return *const_cast<Result*>(this)->Checked(); }
  T&& value() && { return std::move(*Checked()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

  T value_or(T other) const& { return ok() ? value() : std::move(other); }

 private:
  T* Checked() {
    assert(ok());
    return &std::get<0>(state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace marquee

#define MARQUEE_CONCAT_INNER(a, b) a##b
#define MARQUEE_CONCAT(a, b) MARQUEE_CONCAT_INNER(a, b)

// RETURN_IF_ERROR(expression): leaves the function with the expression's error.
#define RETURN_IF_ERROR(expression)                                     \
  do {                                                                  \
    auto marquee_status = (expression);                                 \
    if (!marquee_status.ok()) return std::move(marquee_status).error(); \
  } while (false)

// ASSIGN_OR_RETURN(auto movie, repository.Find(id)): declares or assigns the value, or leaves with
// the error.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_IMPL(MARQUEE_CONCAT(marquee_result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).error();          \
  declaration = std::move(result).value()
