#include "gateway/clients/api_key_trader.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "rules/api_key.h"
#include "token/token.h"

namespace marquee::gateway {
namespace {

constexpr char kHeader[] = "x-api-key";
// Before it expires a token is no longer used, so that it is still good where the call arrives.
constexpr std::chrono::seconds kMargin{10};

std::string IdOf(const std::string& key, const std::string& client_address) {
  return Sha256(key + '\n' + client_address);
}

}  // namespace

std::optional<Credential> ApiKeyTrader::Find(const http::Request& request) const {
  if (const std::string* header = request.Find(kHeader)) {
    // Two of them are none.
    return Credential{request.Count(kHeader) == 1 ? *header : std::string(), false};
  }
  const std::string* header = request.Find("authorization");
  if (header == nullptr) return std::nullopt;
  const auto bearer = token::BearerToken(*header);
  if (!bearer || !bearer->starts_with(rules::kApiKeyPrefix)) return std::nullopt;
  return Credential{std::string(*bearer), true};
}

void ApiKeyTrader::Trade(const std::string& key, const std::string& client_address,
                         std::chrono::milliseconds deadline, Done done) {
  if (!rules::ApiKeyIdOf(key)) {
    return done(Error::Unauthenticated("api_key_malformed",
                                       "This isn't an API key: its checksum doesn't fit."));
  }
  const std::string id = IdOf(key, client_address);
  const Time now = clock_.Now();
  std::unique_lock lock(mutex_);
  if (auto known = Known(id, now)) {
    lock.unlock();
    return done(*std::move(known));
  }
  const auto [flight, first] = flights_.try_emplace(id);
  flight->second.push_back(std::move(done));
  lock.unlock();
  if (!first) return;
  exchange_.Trade(
      key, client_address, std::min(deadline, options_.patience),
      [this, id, now](Result<KeyExchange::Token> answer) { Land(id, now, std::move(answer)); });
}

std::optional<Result<std::string>> ApiKeyTrader::Known(const std::string& id, Time now) {
  if (const Kept* kept = tokens_.Use(id); kept != nullptr && now < kept->fresh_until)
    return kept->token;
  if (const Refusal* refusal = refusals_.Use(id); refusal != nullptr && now < refusal->until)
    return refusal->error;
  if (flights_.size() >= options_.max_flights && !flights_.contains(id))
    return Error::Unavailable("overloaded", "Too many API keys at once: try again shortly.");
  return std::nullopt;
}

void ApiKeyTrader::Land(const std::string& id, Time asked_at, Result<KeyExchange::Token> answer) {
  std::vector<Done> waiting;
  Result<std::string> told = Error::Internal("no answer");
  {
    const std::lock_guard lock(mutex_);
    const auto flight = flights_.find(id);
    waiting = std::move(flight->second);
    flights_.erase(flight);
    if (answer.ok()) {
      // Counted from when it was asked for: what auth knew may be that old.
      const Time good_until = asked_at + answer->expires_in - kMargin;
      tokens_.Put(id, {answer->access_token, std::min<Time>(asked_at + options_.fresh, good_until),
                       std::min<Time>(asked_at + options_.stale, good_until)});
      if (tokens_.size() > options_.max_tokens) tokens_.TakeOldest();
      refusals_.Erase(id);
      told = std::move(answer->access_token);
    } else if (answer.error().code != Code::kUnavailable) {
      tokens_.Erase(id);
      refusals_.Put(id, {answer.error(), clock_.Now() + options_.refused});
      if (refusals_.size() > options_.max_refusals) refusals_.TakeOldest();
      told = std::move(answer).error();
    } else if (const Kept* kept = tokens_.Use(id);
               kept != nullptr && clock_.Now() < kept->stale_until) {
      told = kept->token;
    } else {
      told = std::move(answer).error();
    }
  }
  for (const Done& done : waiting) done(told);
}

}  // namespace marquee::gateway
