#include "logging/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>

#include "base/text.h"
#include "tracing/trace.h"

namespace marquee::logging {
namespace {

struct Settings {
  std::string service = "marquee";
  Level least = Level::kInfo;
};
Settings& settings() {  // set once before threads start
  static Settings instance;
  return instance;
}

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "info";
}

// Escapes for JSON; bytes that are not valid UTF-8 would break readers, so anything outside ASCII
// that isn't a well-formed sequence becomes U+FFFD.
void AppendQuoted(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      switch (c) {
        case '"': out.append(std::string_view("\\\"")); break;
        case '\\': out.append(std::string_view("\\\\")); break;
        case '\n': out.append(std::string_view("\\n")); break;
        case '\r': out.append(std::string_view("\\r")); break;
        case '\t': out.append(std::string_view("\\t")); break;
        default:
          if (c < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
          } else {
            out.push_back(static_cast<char>(c));
          }
      }
      ++i;
      continue;
    }
    if (const std::size_t length = Utf8SequenceBytes(text.substr(i)); length != 0) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out.append(std::string_view("\\ufffd"));
      ++i;
    }
  }
  out.push_back('"');
}

}  // namespace

Result<Level> ParseLevel(std::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (name == LevelName(level)) return level;
  }
  return marquee::Error::InvalidArgument("bad_log_level",
                                         "A log level is debug, info, warning or error.");
}

void Init(std::string service, Level least) { settings() = {std::move(service), least}; }

std::string Format(Level level, std::string_view message, std::initializer_list<Field> fields) {
  fmt::memory_buffer out;
  const auto now = std::chrono::system_clock::now();
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() %
      1'000'000;
  fmt::format_to(
      std::back_inserter(out), R"({{"ts":"{:%Y-%m-%dT%H:%M:%S}.{:06}Z","level":"{}","service":)",
      fmt::gmtime(std::chrono::system_clock::to_time_t(now)), microseconds, LevelName(level));
  AppendQuoted(out, settings().service);
  if (const auto* trace = tracing::Current()) {
    out.append(std::string_view(R"(,"trace_id":)"));
    AppendQuoted(out, trace->trace_id);
    out.append(std::string_view(R"(,"span_id":)"));
    AppendQuoted(out, trace->span_id);
    if (!trace->parent_id.empty()) {
      out.append(std::string_view(R"(,"parent_id":)"));
      AppendQuoted(out, trace->parent_id);
    }
  }
  out.append(std::string_view(R"(,"msg":)"));
  AppendQuoted(out, message);
  for (const auto& field : fields) {
    out.push_back(',');
    AppendQuoted(out, field.key);
    out.push_back(':');
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      AppendQuoted(out, *text);
    } else if (const auto* number = std::get_if<double>(&field.value)) {
      if (std::isfinite(*number)) {
        fmt::format_to(std::back_inserter(out), "{}", *number);
      } else {
        out.append(std::string_view("null"));
      }
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
      out.append(std::string_view(*flag ? "true" : "false"));
    } else {
      fmt::format_to(std::back_inserter(out), "{}", std::get<std::int64_t>(field.value));
    }
  }
  out.push_back('}');
  return fmt::to_string(out);
}

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < settings().least) return;
  std::string line = Format(level, message, fields);
  line += '\n';
  // One write for each line: lines of threads don't mix, nothing is buffered when the process is
  // killed.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void Debug(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kDebug, message, fields);
}
void Info(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kInfo, message, fields);
}
void Warning(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kWarning, message, fields);
}
void Error(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kError, message, fields);
}

}  // namespace marquee::logging
