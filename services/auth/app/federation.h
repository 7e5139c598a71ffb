// Signing in with others' OpenID providers as a whole: what main composes, and handlers are given.
#pragma once

#include <string_view>
#include <vector>

#include "auth/app/identities.h"
#include "auth/app/oauth.h"
#include "auth/app/openid_provider.h"
#include "auth/app/provider_sign_in.h"

namespace marquee::auth {

struct Federation {
  // `secret` and `sealer` as ProviderSignIn has them.
  Federation(const std::vector<ProviderConfig>& configs, IdentityRepository& store,
             AccountRepository& account_store, Accounts& login, Sessions& sessions, OAuth& oauth,
             HttpClient& http, const Sealer& sealer, const Clock& clock, std::string_view secret,
             metrics::Metrics& metrics)
      : accounts(login),
        providers(configs, oauth.issuer, http, clock, metrics),
        identities(store, account_store, providers, sessions),
        sign_in(providers, store, login, oauth.browsers, sealer, clock, secret) {}

  Accounts& accounts;
  const OpenIdProviders providers;
  Identities identities;
  ProviderSignIn sign_in;
};

}  // namespace marquee::auth
