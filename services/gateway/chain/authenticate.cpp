#include "gateway/chain/authenticate.h"

#include "gateway/chain/exchange.h"
#include "rpc/metadata.h"
#include "token/token.h"

namespace marquee::gateway {
namespace {

// The Authorization header as it may travel on; empty when there is none. What isn't a bearer token
// goes on as it came, for the service to judge by the rpc's policy.
Result<std::string> ReadAuthorization(const http::Request& request) {
  const std::string* header = request.Find("authorization");
  if (header == nullptr) return std::string();
  if (request.Count("authorization") != 1)
    return Error::Unauthenticated("token_invalid", "There are two Authorization headers.");
  if (header->size() > rpc::kMostMetadataBytes) {
    return Error::InvalidArgument("header_too_large",
                                  "The Authorization header is longer than this service takes.",
                                  "Authorization");
  }
  if (const auto token = token::BearerToken(*header)) return "Bearer " + std::string(*token);
  if (!rpc::IsMetadataValue(*header)) {
    return Error::Unauthenticated(
        "token_invalid", "The Authorization header has characters that no access token has.");
  }
  return *header;
}

}  // namespace

Result<Step> Authenticate::Decode(const ExchangePtr& exchange) {
  ASSIGN_OR_RETURN(exchange->outbound.authorization, ReadAuthorization(exchange->request));
  // nginx's own word for it: what the client said there is replaced.
  if (const std::string* address = exchange->request.Find("x-forwarded-for"))
    exchange->outbound.client_address = *address;
  return Step::kContinue;
}

}  // namespace marquee::gateway
