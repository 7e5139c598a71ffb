#include "tracing/trace.h"

#include <algorithm>

#include "base/hex.h"
#include "base/uuid.h"

namespace marquee::tracing {
namespace {

thread_local const TraceContext* current = nullptr;

std::string RandomHex(std::size_t bytes) {
  std::string text;
  do {
    text = ToHex(RandomBytes(bytes));
  } while (std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; }));
  return text;
}

bool IsId(std::string_view text) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::all_of(text.begin(), text.end(), hex) &&
         !std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

}  // namespace

TraceContext TraceContext::New() { return {RandomHex(16), RandomHex(8), true}; }

std::optional<TraceContext> TraceContext::Parse(std::string_view text) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = text.substr(0, 2);
  if (version == "ff" || (version == "00" && text.size() != 55)) return std::nullopt;
  if (text.size() > 55 && text[55] != '-') return std::nullopt;
  const auto trace = text.substr(3, 32);
  const auto span = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!IsId(trace) || !IsId(span) || !hex(version[0]) || !hex(version[1]) || !hex(flags[0]) ||
      !hex(flags[1])) {
    return std::nullopt;
  }
  const int low = flags[1] <= '9' ? flags[1] - '0' : flags[1] - 'a' + 10;
  return TraceContext{std::string(trace), std::string(span), (low & 1) != 0};
}

TraceContext TraceContext::Child() const { return {trace_id, RandomHex(8), sampled, span_id}; }

std::string TraceContext::ToTraceparent() const {
  return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00");
}

const TraceContext* Current() { return current; }

Scope::Scope(TraceContext context) : context_(std::move(context)), previous_(current) {
  current = &context_;
}
Scope::Scope(std::string_view traceparent)
    : Scope([&] {
        const auto parent = TraceContext::Parse(traceparent);
        return parent ? parent->Child() : TraceContext::New();
      }()) {}
Scope::~Scope() { current = previous_; }

}  // namespace marquee::tracing
