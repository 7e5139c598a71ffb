// What people see and remove of their identities at other providers.
#pragma once

#include <string>
#include <vector>

#include "auth/app/openid_provider.h"
#include "auth/app/person.h"
#include "auth/app/sessions.h"
#include "auth/domain/identity.h"
#include "base/call_context.h"

namespace marquee::auth {

struct IdentityList {
  std::vector<Identity> identities;
  bool has_password = false;
};

class Identities {
 public:
  Identities(IdentityRepository& store, AccountRepository& accounts,
             const OpenIdProviders& providers, Sessions& sessions)
      : store_(store), accounts_(accounts), providers_(providers), sessions_(sessions) {}

  // Unauthenticated "account_gone".
  Result<IdentityList> List(std::int64_t user_id, const CallContext& call);
  // And ends all other sessions: any of them may have begun with it. NotFound "identity_unknown";
  // FailedPrecondition "last_sign_in".
  Status Remove(const Person& person, const std::string& identity_id, const CallContext& call);

 private:
  IdentityRepository& store_;
  AccountRepository& accounts_;
  const OpenIdProviders& providers_;
  Sessions& sessions_;
};

}  // namespace marquee::auth
