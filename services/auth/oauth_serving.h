// OAuth 2 and OpenID Connect, as the provider and as a client of others': composition, for main.
#pragma once

#include "auth/app/federation.h"
#include "auth/app/oauth.h"
#include "auth/clients/curl_http.h"
#include "auth/config.h"
#include "auth/crypto/secretbox.h"
#include "auth/rpc/identity_handler.h"
#include "auth/rpc/oauth_handler.h"
#include "auth/store/pg_stores.h"

namespace marquee::auth {

class OAuthServing {
 public:
  OAuthServing(const Config& config, PgStores& stores, Accounts& accounts, Sessions& sessions,
               const KeyRing& keys, const Clock& clock, metrics::Metrics& metrics)
      : oauth_(stores.oauth, stores.oauth, stores.accounts, stores.sessions, accounts, keys, clock,
               config.key_encryption_secret),
        http_(config.providers_ca, clock),
        tickets_(config.key_encryption_secret, Secretbox::kTickets),
        federation_(config.providers, stores.identities, stores.accounts, accounts, sessions,
                    oauth_, http_, tickets_, clock, config.key_encryption_secret, metrics),
        handler_(oauth_, federation_.providers),
        identity_handler_(federation_, oauth_) {}

  OAuthHandler& handler() { return handler_; }
  IdentityHandler& identity_handler() { return identity_handler_; }

 private:
  OAuth oauth_;
  CurlHttp http_;
  const Secretbox tickets_;
  Federation federation_;
  OAuthHandler handler_;
  IdentityHandler identity_handler_;
};

}  // namespace marquee::auth
