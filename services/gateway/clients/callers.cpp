#include "gateway/clients/callers.h"

#include <chrono>
#include <utility>

namespace marquee::gateway {
namespace {

constexpr std::chrono::seconds kPeriod{30};
constexpr std::chrono::seconds kUntilThereAreSome{1};

}  // namespace

Callers::Callers(token::Verifier::KeySource source, const Clock& clock)
    : keys_(Error::Unavailable("keys_unavailable", "not fetched yet")),
      // What it asks for is at hand: it may ask often.
      verifier_(
          {}, [this] { return Known(); }, clock, std::chrono::seconds{1}, kUntilThereAreSome),
      fetching_(kPeriod,
                [this, source = std::move(source)](
                    const std::stop_token&) -> std::optional<std::chrono::milliseconds> {
                  auto fetched = source();
                  const std::lock_guard lock(mutex_);
                  if (fetched.ok()) keys_ = std::move(fetched);
                  if (!keys_.ok()) return kUntilThereAreSome;
                  return std::nullopt;
                }) {}

Result<std::vector<token::PublicKey>> Callers::Known() {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::optional<token::Claims> Callers::Identify(std::string_view token) {
  auto claims = verifier_.Verify(token);
  if (!claims.ok()) return std::nullopt;
  return *std::move(claims);
}

}  // namespace marquee::gateway
