// One request under way, and its answer: what the filters know of it. Each member names the filter
// that fills it.
#pragma once

#include <google/protobuf/arena.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rate_limiter.h"
#include "base/result.h"
#include "gateway/chain/filter.h"
#include "gateway/clients/upstreams.h"
#include "gateway/http/message.h"
#include "gateway/transcode/api.h"
#include "gateway/transcode/target.h"
#include "tracing/trace.h"

namespace marquee::gateway {

struct Exchange {
  // A list of 20 movies in one piece.
  static google::protobuf::ArenaOptions ArenaOptions() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = 16 << 10;
    options.max_block_size = 64 << 10;
    return options;
  }

  http::Request request;
  http::Responder respond;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  tracing::TraceContext trace;

  Target target;                     // parse
  const Binding* binding = nullptr;  // route: null for the gateway's own pages and unknown paths
  Captures captures;                 // route
  google::protobuf::Arena arena{ArenaOptions()};
  google::protobuf::Message* in = nullptr;  // transcode: the binding's request
  std::string subject;  // limit, or positions: of the caller's token, verified where keys are known
  Outbound outbound;
  std::optional<Allowance> allowance;  // limit: what is left of the caller's quota
  std::string_view limited_by;         // limit: which quota that is

  // What `out` is an answer to: the binding itself, or its fallback (call, fallback).
  const Binding* answers = nullptr;
  google::protobuf::Message* out = nullptr;
  std::optional<Error> failed;  // call: why there is no answer
  std::vector<Position> told;   // call: how far the caller's write has come

  std::optional<Error> refused;  // the chain: what a filter said, or what failed in one
  http::Response response;       // respond, or who answers in its stead

  // The chain's own.
  Chain* chain = nullptr;
  std::size_t next = 0;     // filter
  std::size_t reached = 0;  // filters, of those that were gone through in order
  bool answered = false;
};

}  // namespace marquee::gateway
