// Signing in with somebody else's OpenID provider, and linking an account to one (docs/adr/0611):
// a browser goes to the provider and comes back, and perhaps something is asked of its person then.
#pragma once

#include <string>
#include <string_view>

#include "auth/app/accounts.h"
#include "auth/app/browsers.h"
#include "auth/app/openid_provider.h"
#include "auth/domain/identity.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

// What a browser wants of a provider.
struct ProviderVisit {
  bool link = false;           // to the account that is signed in; else somebody signs in
  std::string return_to = {};  // a path of ours
  std::string target = {};  // where that may lead in the end, as SourceOf writes it; may be empty
  std::string prompt = {};  // OpenID Connect's; may be empty
};

// Where things stand once the provider has said who it is.
struct ProviderStep {
  enum class Kind {
    kDone,          // go on at `return_to`, as `browser` where that isn't empty: somebody signed in
    kOneTimeCode,   // the account has a second factor: Finish
    kSignInToLink,  // there is an account with `email`, which must be signed in to: Link
    kConfirmLink,   // whoever is signed in decides: Link
  };
  Kind kind = Kind::kDone;
  std::string provider = {};  // its id
  std::string email = {};     // at the provider
  std::string return_to = {};
  std::string target = {};
  std::string browser = {};  // a new cookie's token
  std::string ticket = {};   // brings all this back, within minutes and in this browser alone
  std::int64_t user_id = 0;  // who has signed in or whose account it is about; 0: not known
};

// All: what OpenIdProvider says, and NotFound "provider_unknown".
class ProviderSignIn {
 public:
  // Whatever must be the same in all replicas, and known to nobody, is made of `secret`; `sealer` isn't
  // that of anything else.
  ProviderSignIn(const OpenIdProviders& providers, IdentityRepository& identities,
                 Accounts& accounts, Browsers& browsers, const Sealer& sealer, const Clock& clock,
                 std::string_view secret);

  // Where the browser is sent. Unauthenticated "browser_unknown" where nobody is signed in, to whom
  // something could be linked.
  Result<std::string> Begin(const std::string& provider, const ProviderVisit& visit,
                            const std::string& browser, const CallContext& call);
  // It is back: what it was sent for, once. NotFound "provider_request_unknown".
  Result<ProviderRequest> Return(const std::string& provider, const std::string& state,
                                 const std::string& browser, const CallContext& call);
  // What follows from the answer. FailedPrecondition "email_unverified" where the identity is new and
  // the provider doesn't vouch for an address; AlreadyExists "identity_taken"; what Link says.
  Result<ProviderStep> Judge(const ProviderRequest& request, const std::string& state,
                             const ProviderAnswer& answer, const std::string& browser,
                             const CallContext& call);

  // A step by its ticket. PermissionDenied "form_expired".
  Result<ProviderStep> Resume(const std::string& provider, const std::string& ticket,
                              const std::string& browser) const;
  // Of kOneTimeCode. Errors of SecondFactors::Check; Unauthenticated "account_disabled".
  Result<ProviderStep> Finish(const ProviderStep& step, const std::string& one_time_code,
                              const CallContext& call);
  // Of kSignInToLink, with what signs in, and of kConfirmLink. Errors of Accounts::Login; AlreadyExists
  // "identity_taken"; FailedPrecondition "email_unproved" where neither mail nor the provider has
  // proved the account's address, and "identities_too_many".
  Result<ProviderStep> Link(const ProviderStep& step, const std::string& password,
                            const std::string& one_time_code, const std::string& browser,
                            const CallContext& call);

 private:
  struct Found;  // who the provider says it is

  ProviderChallenge ChallengeOf(const std::string& state) const;
  ProviderStep Ask(ProviderStep::Kind kind, const Found& found, const ProviderRequest& request,
                   std::int64_t user_id) const;
  Result<ProviderStep> JudgeLink(const Found& found, const ProviderRequest& request,
                                 const std::string& browser, const CallContext& call);
  Result<ProviderStep> JudgeSignIn(const Found& found, const ProviderRequest& request,
                                   const CallContext& call);
  Result<ProviderStep> SignIn(const Account& account, const std::string& one_time_code,
                              ProviderStep step, const CallContext& call);
  Result<Found> Open(const std::string& ticket) const;
  Status LinkTo(const Account& account, const Found& found, const CallContext& call);

  const OpenIdProviders& providers_;
  IdentityRepository& identities_;
  Accounts& accounts_;
  Browsers& browsers_;
  const Sealer& sealer_;
  const Clock& clock_;
  const std::string nonce_key_, verifier_key_;
};

}  // namespace marquee::auth
