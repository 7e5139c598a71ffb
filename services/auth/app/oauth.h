// OAuth 2 as a whole: what main composes, and the handler is given.
#pragma once

#include <string>
#include <string_view>

#include "auth/app/authorization.h"
#include "auth/app/browsers.h"
#include "auth/app/devices.h"
#include "auth/app/oauth_clients.h"
#include "auth/app/oauth_tokens.h"
#include "base/digest.h"

namespace marquee::auth {

struct OAuth {
  // Whatever must be the same in all replicas, and known to nobody, is made of `secret`. The issuer
  // is the key ring's; without one there is no OAuth 2 here.
  OAuth(OAuthClientRepository& client_store, OAuthRepository& store,
        AccountRepository& account_store, SessionRepository& session_store, Accounts& login,
        const KeyRing& keys, const Clock& clock, std::string_view secret)
      : issuer(keys.oauth_issuer()),
        accounts(account_store),
        clients(client_store, clock),
        browsers(store, login, clock, Sha256("forms\n" + std::string(secret))),
        authorization(client_store, store, browsers, clock, issuer),
        tokens(client_store, store, session_store, account_store, keys, clock,
               Sha256("clients' refresh tokens\n" + std::string(secret))),
        devices(client_store, store, clock) {}

  // Unimplemented "oauth_disabled" where no issuer is configured.
  Status IsOn() const {
    if (!issuer.empty()) return {};
    return Error{Code::kUnimplemented, "oauth_disabled",
                 "OAuth 2 is off here: the operator has set no public address "
                 "(MARQUEE_AUTH_ISSUER).",
                 ""};
  }

  const std::string issuer;
  AccountRepository& accounts;
  OAuthClients clients;
  Browsers browsers;
  Authorization authorization;
  OAuthTokens tokens;
  Devices devices;
};

}  // namespace marquee::auth
