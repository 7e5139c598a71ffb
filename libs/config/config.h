// Configuration comes from the environment, is read once at start, and is judged as a whole: every
// problem is reported together, with the variable's name and what it takes. This module holds the
// program's only getenv.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::config {

// What a program reads, for the generated reference.
struct Variable {
  std::string name;
  std::string help;
  std::string fallback;  // as text; "(required)" when there is none
};

class Environment {
 public:
  virtual ~Environment() = default;
  virtual std::optional<std::string> Get(const std::string& name) const = 0;
  // Told of each variable that a Reader is asked for, before it is looked up.
  virtual void Asked(const Variable& variable) const {}
};

const Environment& SystemEnvironment();

// For a library that can be told only by the environment: sets the variable unless it is set.
// Before any thread starts.
void SetDefault(const char* variable, const char* value);

class MapEnvironment final : public Environment {  // for tests
 public:
  explicit MapEnvironment(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  std::optional<std::string> Get(const std::string& name) const override;

 private:
  std::map<std::string, std::string> values_;
};

// Reads variables and gathers problems; a getter that finds one returns its fallback so that
// reading goes on.
//
//   config::Reader reader(environment);
//   Config config{.page_size = reader.Int("MARQUEE_CATALOG_PAGE_SIZE", 20, 1, 100, "…")};
//   RETURN_IF_ERROR(reader.Finish());
class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  // A fallback of std::nullopt makes the variable required.
  std::string String(const std::string& name, std::optional<std::string> fallback,
                     std::string_view help);
  std::int64_t Int(const std::string& name, std::optional<std::int64_t> fallback,
                   std::int64_t least, std::int64_t most, std::string_view help);
  double Double(const std::string& name, std::optional<double> fallback, double least, double most,
                std::string_view help);
  bool Bool(const std::string& name, std::optional<bool> fallback,
            std::string_view help);  // true/false/1/0
  // Milliseconds, as a whole number; the name ends in _MS by our convention.
  std::chrono::milliseconds Milliseconds(const std::string& name,
                                         std::optional<std::int64_t> fallback, std::int64_t least,
                                         std::int64_t most, std::string_view help);
  // host:port, for listening or for calling; "[::1]:80" for IPv6. Also gRPC targets
  // ("dns:///name:port").
  std::string Address(const std::string& name, std::optional<std::string> fallback,
                      std::string_view help);
  // From NAME, or from the file that NAME_FILE names (a trailing newline is dropped). Never shown
  // in a problem.
  std::string Secret(const std::string& name, std::optional<std::string> fallback,
                     std::string_view help);

  // Adds a problem of the caller's own.
  void Problem(const std::string& name, const std::string& what);

  // INVALID_ARGUMENT with all problems, a line each, when there was one.
  Status Finish() const;

 private:
  std::optional<std::string> Find(const std::string& name, bool has_fallback,
                                  std::string fallback_text, std::string_view help);
  const Environment& environment_;
  std::vector<std::string> problems_;
};

// Prints an error of start-up for a person and returns the exit status: 78 (EX_CONFIG) for
// INVALID_ARGUMENT, else 1.
int Fatal(const Error& error);

// `marquee-SERVICE --config-reference`: prints what `read` asks an environment for, where nothing
// is set, as a JSON array of {"name", "help", "default"}. Returns the exit status when an argument
// was given (2 and a word on standard error for any other), else nothing: the program goes on.
std::optional<int> AnswerArguments(int argc, char** argv,
                                   const std::function<void(const Environment&)>& read);

}  // namespace marquee::config
