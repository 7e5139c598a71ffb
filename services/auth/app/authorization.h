// The authorization endpoint (RFC 6749, section 3.1; RFC 7636; RFC 9207; OpenID Connect Core,
// section 3.1.2): what an application asks of a person, and what they answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auth/app/browsers.h"
#include "auth/domain/oauth_repository.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

// As it was sent.
struct AuthorizationRequest {
  std::string response_type;
  std::string client_id;
  std::string redirect_uri;
  std::string scope;
  std::string state;
  std::string nonce;
  std::string code_challenge;
  std::string code_challenge_method;
  std::string prompt;
  std::optional<std::int64_t> max_age = {};
  std::string response_mode;
  std::string request;
  std::string request_uri;
};

struct NextStep {
  enum class Kind {
    kGoBack,   // to the application, at `location`
    kSignIn,   // let the person sign in, and ask again
    kConsent,  // let them decide
  };
  Kind kind = Kind::kGoBack;
  std::string location = {};
  OAuthClient client = {};
  ScopeList scopes = {};                // with kConsent
  std::optional<Account> account = {};  // whose consent it takes, or who has decided
  bool allowed = false;                 // with kGoBack and an account: there is a code
};

class Authorization {
 public:
  // `issuer` is this server's (RFC 9207).
  Authorization(OAuthClientRepository& clients, OAuthRepository& store, Browsers& browsers,
                const Clock& clock, std::string issuer)
      : clients_(clients),
        store_(store),
        browsers_(browsers),
        clock_(clock),
        issuer_(std::move(issuer)) {}

  // What comes next in the browser of that token. InvalidArgument "invalid_request" where nobody
  // can be sent back, for it isn't known that the address is the application's: what is wrong
  // otherwise goes to the application, with kGoBack.
  Result<NextStep> Begin(const AuthorizationRequest& request, const std::string& browser,
                         const CallContext& call);
  // What the person decided; kSignIn when they are signed in no more.
  Result<NextStep> Decide(const AuthorizationRequest& request, const std::string& browser,
                          bool allowed, const CallContext& call);

  // The same request once the person has signed in: it asks for that no more.
  static AuthorizationRequest AfterSignIn(AuthorizationRequest request);

 private:
  struct Checked;

  Result<OAuthClient> FindClient(const AuthorizationRequest& request, const CallContext& call);
  Result<Checked> Check(const AuthorizationRequest& request, const OAuthClient& client) const;
  Result<std::string> NewCode(const AuthorizationRequest& request, const Checked& checked,
                              const Browser& browser, const CallContext& call);
  NextStep GoBack(const AuthorizationRequest& request, const std::string& name,
                  const std::string& value, const std::string& description = {}) const;
  // With a code, for the browser's person has allowed it.
  Result<NextStep> Allow(const AuthorizationRequest& request, const Checked& checked,
                         const Browser& browser, const CallContext& call);

  OAuthClientRepository& clients_;
  OAuthRepository& store_;
  Browsers& browsers_;
  const Clock& clock_;
  const std::string issuer_;
};

}  // namespace marquee::auth
