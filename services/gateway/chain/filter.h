// The chain that a request passes: named filters, one after another, of which any may wait for a
// call. The words are Envoy's HTTP filters'
// (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_filters): Decode on
// the way in, Encode on the way back.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/http/message.h"

namespace marquee::gateway {

struct Exchange;
using ExchangePtr = std::shared_ptr<Exchange>;

// Where a request goes from a filter.
enum class Step {
  kContinue,       // to the next filter
  kStopIteration,  // nowhere yet: the filter has kept the exchange, and calls Continue or Refuse
  kAnswered,       // to the last filter: `response` is there
};

// Made once, and shared by all requests: what belongs to one of them is in its Exchange.
// Thread-safe, and never blocks.
class Filter {
 public:
  virtual ~Filter() = default;
  virtual std::string_view name() const = 0;
  // An error goes to the last filter, which tells it. Who returns kStopIteration touches the
  // exchange no more after it was handed to whoever will continue it, on any thread, perhaps before
  // this returns.
  virtual Result<Step> Decode(const ExchangePtr& exchange) = 0;
  // Called with the answer, whichever it is, the latest filter first, of each that was reached.
  virtual void Encode(Exchange& /*exchange*/, http::Response& /*response*/) {}
};

class Chain {
 public:
  // The last one makes the answer of whatever comes to it.
  explicit Chain(std::vector<std::unique_ptr<Filter>> filters) : filters_(std::move(filters)) {}

  // Sends the request through, until it is answered or a filter stops it. It answers always, by
  // `exchange->respond`, once.
  void Start(const ExchangePtr& exchange);
  // For a filter that stopped: on to the next one, or to the last with an error. Once for each
  // stop, on any thread.
  void Continue(const ExchangePtr& exchange);
  void Refuse(const ExchangePtr& exchange, Error why);

  std::vector<std::string_view> names() const;

 private:
  void Run(const ExchangePtr& exchange);
  Result<Step> Decode(const ExchangePtr& exchange);
  void Return(Exchange& exchange);

  const std::vector<std::unique_ptr<Filter>> filters_;
};

}  // namespace marquee::gateway
