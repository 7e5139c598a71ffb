// Structured logs: one JSON object a line on standard error, with keys `ts level service trace_id
// msg` and then the event's own. The trace id is the thread's current one (libs/tracing), and
// beside it stand `span_id` and `parent_id`, by which ci/trace draws the tree.
// Thread-safe; a line is written whole.
//
//   logging::Info("batch applied", {{"rows", rows}, {"partition", partition}});
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace marquee::logging {

enum class Level { kDebug, kInfo, kWarning, kError };

Result<Level> ParseLevel(std::string_view name);  // "debug", "info", "warning", "error"

struct Field {
  std::string_view key;
  std::variant<std::int64_t, double, bool, std::string> value;

  Field(std::string_view k, std::integral auto v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  Field(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
};

// Once, first thing in main.
void Init(std::string service, Level least);

void Write(Level level, std::string_view message, std::initializer_list<Field> fields);
void Debug(std::string_view message, std::initializer_list<Field> fields = {});
void Info(std::string_view message, std::initializer_list<Field> fields = {});
void Warning(std::string_view message, std::initializer_list<Field> fields = {});
void Error(std::string_view message, std::initializer_list<Field> fields = {});

// The line without its newline: what Write prints, for tests.
std::string Format(Level level, std::string_view message, std::initializer_list<Field> fields);

}  // namespace marquee::logging
