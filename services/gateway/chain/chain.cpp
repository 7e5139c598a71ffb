#include <exception>
#include <utility>

#include "gateway/chain/exchange.h"
#include "gateway/chain/filter.h"
#include "gateway/problem.h"

namespace marquee::gateway {

void Chain::Start(const ExchangePtr& exchange) {
  exchange->chain = this;
  Run(exchange);
}

void Chain::Continue(const ExchangePtr& exchange) { Run(exchange); }

void Chain::Refuse(const ExchangePtr& exchange, Error why) {
  exchange->refused = std::move(why);
  exchange->next = filters_.size() - 1;
  Run(exchange);
}

void Chain::Run(const ExchangePtr& exchange) {
  const tracing::Scope scope(exchange->trace);
  while (exchange->next < filters_.size()) {
    const std::size_t last = filters_.size() - 1;
    const bool at_last = exchange->next == last;
    // The second error of the last one has nobody who could tell it.
    const bool hopeless = at_last && exchange->refused.has_value();
    if (!at_last) exchange->reached = exchange->next + 1;
    auto step = Decode(exchange);
    if (step.ok()) {
      if (*step == Step::kStopIteration) return;  // the exchange may be on another thread by now
      if (*step == Step::kAnswered) exchange->next = last + (at_last ? 1 : 0);
      continue;
    }
    exchange->refused = std::move(step).error();
    if (hopeless) {
      exchange->response =
          Problem(Error::Internal(exchange->refused->message), exchange->trace.trace_id);
    } else {
      exchange->next = last;
    }
  }
  Return(*exchange);
}

Result<Step> Chain::Decode(const ExchangePtr& exchange) {
  try {
    return filters_[exchange->next++]->Decode(exchange);
  } catch (const std::exception& exception) {  // a bug
    return Error::Internal(exception.what());
  }
}

void Chain::Return(Exchange& exchange) {
  if (std::exchange(exchange.answered, true)) return;
  for (std::size_t i = exchange.reached; i-- > 0;) {
    try {
      filters_[i]->Encode(exchange, exchange.response);
    } catch (const std::exception& exception) {
      exchange.response = Problem(Error::Internal(exception.what()), exchange.trace.trace_id);
    }
  }
  std::exchange(exchange.respond, nullptr)(std::move(exchange.response));
}

std::vector<std::string_view> Chain::names() const {
  std::vector<std::string_view> names;
  names.reserve(filters_.size());
  for (const auto& filter : filters_) names.push_back(filter->name());
  return names;
}

}  // namespace marquee::gateway
