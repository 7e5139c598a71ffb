#include "pg/array.h"

#include <charconv>
#include <cmath>

namespace marquee::pg {
namespace {

template <typename T>
void AppendNumber(std::string& out, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) {
      out += "NaN";
      return;
    }
    if (std::isinf(value)) {
      out += value > 0 ? "Infinity" : "-Infinity";
      return;
    }
  }
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out.append(text, end);
}

void AppendQuoted(std::string& out, const std::string& value) {
  out.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

template <typename Values, typename Append>
std::string Literal(const Values& values, Append append) {
  std::string out = "{";
  out.reserve(2 + values.size() * 8);
  bool first = true;
  for (const auto& value : values) {
    if (!first) out.push_back(',');
    first = false;
    append(out, value);
  }
  out.push_back('}');
  return out;
}

template <typename T>
std::string Numbers(std::span<const T> values) {
  return Literal(values, [](std::string& out, T value) { AppendNumber(out, value); });
}

template <typename T, typename Append>
std::string Nullable(std::span<const std::optional<T>> values, Append append) {
  return Literal(values, [&](std::string& out, const std::optional<T>& value) {
    if (value) {
      append(out, *value);
    } else {
      out += "NULL";
    }
  });
}

Error Malformed() {
  return Error::DataLoss("array_malformed", "the database's array can't be read");
}

}  // namespace

std::string Array(std::span<const std::int64_t> values) { return Numbers(values); }
std::string Array(std::span<const std::int32_t> values) { return Numbers(values); }
std::string Array(std::span<const float> values) { return Numbers(values); }
std::string Array(std::span<const double> values) { return Numbers(values); }
std::string Array(std::span<const std::string> values) { return Literal(values, AppendQuoted); }
std::string Array(const std::vector<bool>& values) {
  return Literal(values, [](std::string& out, bool value) { out.push_back(value ? 't' : 'f'); });
}
std::string Array(std::span<const std::optional<float>> values) {
  return Nullable(values, AppendNumber<float>);
}
std::string Array(std::span<const std::optional<std::int64_t>> values) {
  return Nullable(values, AppendNumber<std::int64_t>);
}
std::string Array(std::span<const std::optional<std::string>> values) {
  return Nullable(values, AppendQuoted);
}

Result<std::vector<std::string>> ParseTextArray(std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return Malformed();
  text = text.substr(1, text.size() - 2);
  std::vector<std::string> values;
  std::size_t at = 0;
  while (at < text.size()) {
    std::string value;
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && ++at == text.size()) return Malformed();
        value.push_back(text[at]);
      }
      if (at++ == text.size()) return Malformed();
    } else {
      const auto end = std::min(text.find(',', at), text.size());
      value = text.substr(at, end - at);
      if (value.empty() || value == "NULL" || value.find_first_of("{}\"\\") != std::string::npos) {
        return Malformed();
      }
      at = end;
    }
    values.push_back(std::move(value));
    if (at == text.size()) break;
    if (text[at++] != ',' || at == text.size()) return Malformed();
  }
  return values;
}

Result<std::vector<std::int64_t>> ParseInt64Array(std::string_view text) {
  ASSIGN_OR_RETURN(const auto texts, ParseTextArray(text));
  std::vector<std::int64_t> values;
  values.reserve(texts.size());
  for (const auto& one : texts) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), value);
    if (error != std::errc{} || end != one.data() + one.size()) return Malformed();
    values.push_back(value);
  }
  return values;
}

}  // namespace marquee::pg
