// Who people are to other OpenID providers (docs/adr/0611). A person there is known by issuer and
// subject together, and by nothing else: addresses change hands (OpenID Connect Core, section 5.7).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/domain/ports.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

inline constexpr int kMostIdentities = 20;  // of one account

// An identity that an account can be signed in to with.
struct Identity {
  std::string identity_id;  // a UUID
  std::string issuer;
  std::string subject;
  std::string email = {};  // as the provider said it last, to be shown; may be empty
  Time linked_at{};
  Time used_at{};

  friend bool operator==(const Identity&, const Identity&) = default;
};

// A browser that was sent to a provider, and hasn't come back.
inline constexpr std::chrono::seconds kProviderRequestLifetime{std::chrono::minutes{10}};
struct ProviderRequest {
  std::string provider;      // its id
  std::string browser_hash;  // of the browser's token, 32 bytes
  std::int64_t user_id = 0;  // to whose account the identity is to be linked; 0: somebody signs in
  std::string return_to;     // a path of ours, where they go on
  // Where that may lead in the end, as SourceOf writes it; may be empty.
  std::string target = {};
  Time expires_at{};

  friend bool operator==(const ProviderRequest&, const ProviderRequest&) = default;
};

// Whether it may be an issuer, or an endpoint of one: an absolute URL of https, without a fragment
// and a user; where `loopback`, http on a loopback address, too.
bool IsProviderUrl(std::string_view url, bool loopback);
// http on a loopback address.
bool IsLoopbackUrl(std::string_view url);

// Where identities are kept; they go with their account. store/ implements it;
// testing/identity_contract.h is what every store must do. As the ports of domain/ports.h.
class IdentityRepository {
 public:
  virtual ~IdentityRepository() = default;
  // Whose it is. Remembers the moment, and the address that the provider says now. NotFound
  // "identity_unknown".
  virtual Result<Account> Use(const std::string& issuer, const std::string& subject,
                              const std::string& email, Time now, const CallContext& call) = 0;
  // Both, for an identity that is somebody's: AlreadyExists "identity_taken".
  //
  // A new account with it. AlreadyExists "email_taken".
  virtual Result<Account> CreateAccount(const NewAccount& account, const Identity& identity,
                                        const CallContext& call) = 0;
  // One that is the account's already stays as it is. If `identity.email` is the account's address,
  // that is proved from then on. FailedPrecondition "identities_too_many" when it has `most`; NotFound
  // "account_unknown".
  virtual Status Link(std::int64_t user_id, const Identity& identity, int most,
                      const CallContext& call) = 0;
  // The oldest first.
  virtual Result<std::vector<Identity>> ListOf(std::int64_t user_id, const CallContext& call) = 0;
  // NotFound "identity_unknown" for one that isn't theirs; FailedPrecondition "last_sign_in" when
  // there would be neither a password nor an identity of one of `issuers` left, however many are
  // removed at once.
  virtual Status Remove(std::int64_t user_id, const std::string& identity_id,
                        const std::vector<std::string>& issuers, const CallContext& call) = 0;

  // Known by the hash (32 bytes) of what goes to the provider and back. NotFound "account_unknown".
  virtual Status AddRequest(const std::string& state_hash, const ProviderRequest& request,
                            const CallContext& call) = 0;
  // Once, and only for that provider and browser. NotFound "provider_request_unknown", also for one
  // that has expired.
  virtual Result<ProviderRequest> TakeRequest(const std::string& state_hash,
                                              const std::string& provider,
                                              const std::string& browser_hash, Time now,
                                              const CallContext& call) = 0;
  // Forgets requests that have expired.
  virtual Status Purge(Time now, const CallContext& call) = 0;
};

}  // namespace marquee::auth
