#include "gateway/chain/trade.h"

#include "gateway/chain/exchange.h"
#include "rpc/metadata.h"

namespace marquee::gateway {

Result<Step> Trade::Decode(const ExchangePtr& exchange) {
  if (trader_ == nullptr) return Step::kContinue;
  const auto credential = trader_->Find(exchange->request);
  if (!credential) return Step::kContinue;
  // Two callers in one request: nobody could say which of them it is for.
  if (credential->in_authorization) {
    exchange->outbound.authorization.clear();
  } else if (!exchange->outbound.authorization.empty()) {
    return Error::Unauthenticated("two_credentials",
                                  "Send an access token or an API key, not both.");
  }
  trader_->Trade(credential->text, exchange->outbound.client_address, deadline_,
                 [exchange](Result<std::string> token) {
                   Chain& chain = *exchange->chain;
                   if (!token.ok()) return chain.Refuse(exchange, std::move(token).error());
                   exchange->outbound.authorization = "Bearer " + *token;
                   if (!rpc::IsMetadataValue(exchange->outbound.authorization))
                     return chain.Refuse(exchange, Error::Internal("the traded token is none"));
                   chain.Continue(exchange);
                 });
  return Step::kStopIteration;
}

}  // namespace marquee::gateway
