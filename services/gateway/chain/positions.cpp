#include "gateway/chain/positions.h"

#include "gateway/chain/exchange.h"

namespace marquee::gateway {

Result<Step> Positions::Decode(const ExchangePtr& exchange) {
  if (exchange->subject.empty())
    exchange->subject = UnverifiedSubject(exchange->outbound.authorization);
  std::vector<Position> sent;
  if (const std::string* header = exchange->request.Find("marquee-position"))
    sent = ParsePositions(*header);
  exchange->outbound.positions = MergePositions(sent, memory_.Recall(exchange->subject));
  return Step::kContinue;
}

void Positions::Encode(Exchange& exchange, http::Response& response) {
  if (exchange.told.empty()) return;
  memory_.Remember(exchange.subject, exchange.told);
  std::string list;
  for (const Position& position : exchange.told) {
    if (!list.empty()) list += ", ";
    list += position.ToString();
  }
  response.headers.push_back({"Marquee-Position", std::move(list)});
}

}  // namespace marquee::gateway
