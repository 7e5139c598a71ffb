#include "auth/app/guess_guard.h"

#include <algorithm>

#include "base/digest.h"
#include "logging/log.h"

namespace marquee::auth {
namespace {

// Even when the call's own time has run out meanwhile.
constexpr std::chrono::seconds kTimeToForgive{2};

// Hashed: the table needn't say who signs in from where.
std::string NameOf(Secret secret, const Email& account, const std::string& from) {
  const char* kind = "";
  switch (secret) {
    case Secret::kPassword: kind = "password"; break;
    case Secret::kCurrentPassword: kind = "current password"; break;
    case Secret::kCode: kind = "code"; break;
    case Secret::kMail: kind = "mail"; break;
  }
  return Sha256(std::string(kind) + "\n" + account.key() + "\n" + from);
}

Error Wait(std::chrono::seconds time) {
  Error error = Error::ResourceExhausted("login_backoff",
                                         "There were too many wrong attempts: try again in " +
                                             std::to_string(time.count()) +
                                             (time.count() == 1 ? " second." : " seconds."));
  error.retry_after = time;
  return error;
}

}  // namespace

std::vector<GuessKey> GuessGuard::OfNetwork(const std::string& address) const {
  const std::string network = NetworkOf(address);
  if (network.empty()) return {};  // it isn't known, and so many people's
  const auto from = Network::Parse(address);
  const bool of_many = from && std::ranges::any_of(of_many_, [&](const Network& one) {
                         return one.Contains(*from);
                       });
  if (of_many) return {};
  return {{Sha256("network\n" + network), kNetworkRule}};
}

Result<GuessGuard::Guess> GuessGuard::Count(Guess guess, const CallContext& call) {
  std::vector<GuessKey> keys = guess.own;
  keys.insert(keys.end(), guess.shared.begin(), guess.shared.end());
  const Time now = clock_.Now();
  ASSIGN_OR_RETURN(const auto until, guesses_.Count(keys, now, call));
  if (!until) return guess;
  metrics_.BackedOff();
  return Wait(std::chrono::ceil<std::chrono::seconds>(*until - now));
}

Result<GuessGuard::Guess> GuessGuard::Begin(Secret secret, const Email& account,
                                            const CallContext& call) {
  // Who is signed in guesses at one account, wherever they are.
  if (secret == Secret::kCurrentPassword)
    return Count({.own = {{NameOf(secret, account, ""), kAccountRule}}, .shared = {}}, call);
  const std::string network = NetworkOf(call.client_address);
  ASSIGN_OR_RETURN(const bool known, sessions_.KnowsNetwork(account, network, call));
  Guess guess{.own = {{NameOf(secret, account, "from\n" + network), kAccountRule}}, .shared = {}};
  if (!known) {
    guess.own.push_back({NameOf(secret, account, "from strangers"), kStrangersRule});
    // A code follows a right password.
    if (secret != Secret::kCode) guess.shared = OfNetwork(call.client_address);
  }
  return Count(std::move(guess), call);
}

Result<GuessGuard::Guess> GuessGuard::BeginFromNetwork(const CallContext& call) {
  const auto keys = OfNetwork(call.client_address);
  if (keys.empty()) return Guess{};
  return Count({.own = {}, .shared = keys}, call);
}

Result<bool> GuessGuard::End(const Guess& guess, Result<bool> right) {
  if (right.ok() && !*right) return right;
  const Time now = clock_.Now();
  const CallContext call(now + kTimeToForgive);
  const auto forgiven = [&]() -> Status {
    if (!guess.shared.empty()) RETURN_IF_ERROR(guesses_.Uncount(guess.shared, now, call));
    if (guess.own.empty()) return {};
    if (!right.ok()) return guesses_.Uncount(guess.own, now, call);
    return guesses_.Forget(guess.own, call);
  }();
  // It goes on counting, for as long as any: no reason to refuse what was right.
  if (!forgiven.ok())
    logging::Warning("a right guess counts as a wrong one", {{"why", forgiven.error().ToString()}});
  return right;
}

}  // namespace marquee::auth
