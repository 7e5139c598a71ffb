// token::Verifier: keys that are parsed once, and a bounded memory of the tokens that passed. The
// signature of a token is checked once (about 0.1 ms) and then looked up (about 1 µs), because
// every service checks every call.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "token/es256.h"
#include "token/jwt.h"
#include "token/token.h"

namespace marquee::token {
namespace {

using TokenHash = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

struct HashOfHash {
  std::size_t operator()(const TokenHash& hash) const {
    std::size_t value = 0;
    std::memcpy(&value, hash.data(), sizeof value);
    return value;
  }
};

TokenHash HashOf(std::string_view jwt) {
  TokenHash hash;
  // Not SHA256(), which looks the algorithm up each time, for as long as a token takes to hash.
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_Digest(jwt.data(), jwt.size(), hash.data(), nullptr, kSha256, nullptr);
  return hash;
}

// Verified tokens, by hash. Two generations: when the young one is full it becomes the old one, so
// that memory is bounded and what is in use stays. Only good tokens enter.
class Verified {
 public:
  std::optional<Claims> Find(const TokenHash& hash) {
    const std::lock_guard lock(mutex_);
    if (const auto found = young_.find(hash); found != young_.end()) return found->second;
    const auto found = old_.find(hash);
    if (found == old_.end()) return std::nullopt;
    Claims claims = found->second;
    Put(hash, claims);
    return claims;
  }

  void Insert(const TokenHash& hash, const Claims& claims) {
    const std::lock_guard lock(mutex_);
    Put(hash, claims);
  }

 private:
  static constexpr std::size_t kGeneration = 2048;  // about 1 MB for both

  void Put(const TokenHash& hash, const Claims& claims) {
    if (young_.size() >= kGeneration) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(hash, claims);
  }

  std::mutex mutex_;
  std::unordered_map<TokenHash, Claims, HashOfHash> young_;
  std::unordered_map<TokenHash, Claims, HashOfHash> old_;
};

// Immutable once published.
struct KeySet {
  std::vector<PublicKey> source;
  struct Key {
    Es256Key key;
    std::string issuer;
  };
  std::map<std::string, Key, std::less<>> by_kid;
  Verified verified;  // belongs to these keys: goes with them
};

std::shared_ptr<KeySet> Parse(std::vector<PublicKey> keys) {
  auto set = std::make_shared<KeySet>();
  for (const auto& key : keys) {
    if (auto parsed = Es256Key::FromPoint(key.x, key.y)) {
      set->by_kid.insert_or_assign(key.kid, KeySet::Key{*std::move(parsed), key.issuer});
    }
  }
  set->source = std::move(keys);
  return set;
}

bool SameKeys(const std::vector<PublicKey>& a, const std::vector<PublicKey>& b) {
  return std::ranges::equal(a, b, [](const PublicKey& l, const PublicKey& r) {
    return l.kid == r.kid && l.x == r.x && l.y == r.y && l.issuer == r.issuer;
  });
}

}  // namespace

struct Verifier::Impl {
  Policy policy;
  KeySource source;
  const Clock& clock;
  std::chrono::seconds least_refresh;
  std::chrono::seconds most_age;

  std::mutex fetching;       // held while the source is asked
  std::shared_mutex shared;  // guards what follows
  std::shared_ptr<KeySet> keys;
  Time fetched_at;                  // the last success
  Time attempted_at;                // the last attempt's start
  std::uint64_t attempts = 0;       // finished
  std::optional<Error> last_error;  // of the last attempt

  struct View {
    std::shared_ptr<KeySet> keys;
    Time fetched_at;
    Time attempted_at;
    std::uint64_t attempts;
  };
  View Look() {
    const std::shared_lock lock(shared);
    return {keys, fetched_at, attempted_at, attempts};
  }

  bool RecentlyAsked(const View& view, Time now) const {
    return view.attempts > 0 && std::chrono::abs(now - view.attempted_at) < least_refresh;
  }

  // Asks the source. Requires `fetching`.
  Status Fetch() {
    const Time started = clock.Now();
    auto fetched = source();
    const std::unique_lock lock(shared);
    attempted_at = started;
    ++attempts;
    if (!fetched.ok()) {
      last_error = fetched.error();
      return std::move(fetched).error();
    }
    last_error.reset();
    fetched_at = started;
    if (!keys || !SameKeys(keys->source, *fetched)) keys = Parse(*std::move(fetched));
    return {};
  }

  // Keys, fetched if there are none; those who wait for another's attempt share its outcome.
  Result<std::shared_ptr<KeySet>> Keys(Time now) {
    View view = Look();
    if (!view.keys) {
      const std::lock_guard lock(fetching);
      const View after = Look();
      if (after.keys) return after.keys;
      Status status = after.attempts > view.attempts ? Status(*last_error) : Fetch();
      if (!status.ok()) {
        return Error::Unavailable("keys_unavailable",
                                  "Access tokens can't be checked at the moment: try again.");
      }
      return Look().keys;
    }
    const bool stale = std::chrono::abs(now - view.fetched_at) >= most_age;
    if (stale && !RecentlyAsked(view, now)) {
      // One thread asks, the others go on with the keys they have; so does everyone if it fails.
      const std::unique_lock lock(fetching, std::try_to_lock);
      if (lock.owns_lock() && !RecentlyAsked(Look(), now)) (void)Fetch();
      return Look().keys;
    }
    return view.keys;
  }

  // Keys after a token named one that `seen` lacks: the source is asked again, but not at every
  // such token.
  std::shared_ptr<KeySet> KeysBeyond(const std::shared_ptr<KeySet>& seen, Time now) {
    if (RecentlyAsked(Look(), now) && Look().keys == seen) return seen;
    const std::lock_guard lock(fetching);
    const View view = Look();
    if (view.keys == seen && !RecentlyAsked(view, now)) (void)Fetch();
    return Look().keys;
  }
};

Verifier::Verifier(Policy policy, KeySource source, const Clock& clock,
                   std::chrono::seconds least_refresh, std::chrono::seconds most_age)
    : impl_(new Impl{.policy = std::move(policy),
                     .source = std::move(source),
                     .clock = clock,
                     .least_refresh = least_refresh,
                     .most_age = most_age,
                     .fetching = {},
                     .shared = {},
                     .keys = {},
                     .fetched_at = {},
                     .attempted_at = {},
                     .attempts = 0,
                     .last_error = {}}) {}

Verifier::~Verifier() = default;

bool Verifier::Prefetch() { return impl_->Keys(impl_->clock.Now()).ok(); }

Result<Claims> Verifier::Verify(std::string_view jwt) {
  const Time now = impl_->clock.Now();
  ASSIGN_OR_RETURN(auto keys, impl_->Keys(now));
  const TokenHash hash = HashOf(jwt);
  if (auto known = keys->verified.Find(hash)) {
    RETURN_IF_ERROR(CheckTimes(*known, impl_->policy, now));
    return *std::move(known);
  }
  ASSIGN_OR_RETURN(const ParsedJwt parsed, ParseJwt(jwt));
  auto found = keys->by_kid.find(parsed.kid);
  if (found == keys->by_kid.end()) {
    keys = impl_->KeysBeyond(keys, now);
    found = keys->by_kid.find(parsed.kid);
    if (found == keys->by_kid.end()) return Invalid("its key is unknown");
  }
  if (!found->second.key.Verify(parsed.signing_input, parsed.signature)) {
    return Invalid("its signature is wrong");
  }
  ASSIGN_OR_RETURN(Claims claims,
                   CheckClaims(parsed.payload, impl_->policy,
                               parsed.for_client ? &found->second.issuer : nullptr, now));
  keys->verified.Insert(hash, claims);
  return claims;
}

}  // namespace marquee::token
