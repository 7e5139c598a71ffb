#include "gateway/chain/respond.h"

#include "gateway/chain/exchange.h"
#include "gateway/problem.h"
#include "gateway/transcode/transcoder.h"
#include "logging/log.h"

namespace marquee::gateway {
namespace {

http::Response Failure(const Exchange& exchange, const Error& error) {
  if (HttpStatus(error) == 500) {
    const std::string& target = exchange.request.target;
    logging::Error("request failed", {{"target", target.substr(0, target.find('?'))},
                                      {"code", Name(error.code)},
                                      {"error", error.message}});
  }
  const RestPlan* rest = exchange.binding == nullptr ? nullptr : &exchange.binding->rpc->rest;
  if (rest != nullptr && rest->oauth_errors) return OAuthProblem(error, rest->challenge);
  http::Response response = Problem(error, exchange.trace.trace_id);
  if (rest != nullptr && !rest->challenge.empty()) {
    for (auto& header : response.headers) {
      if (header.name == "WWW-Authenticate") header.value = rest->challenge;
    }
  }
  return response;
}

}  // namespace

Result<Step> Respond::Decode(const ExchangePtr& exchange) {
  if (exchange->refused) {
    exchange->response = Failure(*exchange, *exchange->refused);
  } else if (exchange->failed) {
    exchange->response = Failure(*exchange, *exchange->failed);
  } else if (exchange->answers != nullptr) {
    ASSIGN_OR_RETURN(exchange->response, WriteResponse(*exchange->answers, *exchange->out,
                                                       exchange->request.Find("if-none-match")));
  }
  return Step::kContinue;
}

}  // namespace marquee::gateway
