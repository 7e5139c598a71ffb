// W3C Trace Context (https://www.w3.org/TR/trace-context/): one trace id from the edge to the last
// consumer, carried in the HTTP header, gRPC metadata and Kafka header `traceparent`, and put into
// every log line by libs/logging.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace marquee::tracing {

inline constexpr char kTraceparent[] = "traceparent";

struct TraceContext {
  std::string trace_id;  // 32 lower-case hex digits, not all zero
  std::string span_id;   // 16 lower-case hex digits, not all zero
  bool sampled = true;
  std::string parent_id = {};  // the span that this one is a child of; empty at a root

  static TraceContext New();
  static std::optional<TraceContext> Parse(
      std::string_view traceparent);  // version 00, or a later one's prefix
  TraceContext Child() const;         // same trace, a span of its own
  std::string ToTraceparent() const;  // "00-…-…-01"
};

// The trace of the work that this thread is doing; empty outside a Scope.
const TraceContext* Current();

// Makes `context` current on this thread for its own lifetime; nests.
class Scope {
 public:
  explicit Scope(TraceContext context);
  // A child of what a message came with; a trace of its own where that isn't a traceparent.
  explicit Scope(std::string_view traceparent);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  TraceContext context_;
  const TraceContext* previous_;
};

}  // namespace marquee::tracing
