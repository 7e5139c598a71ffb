// The pages of signing in with another provider, and of linking. Whatever is put into them is escaped
// here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/app/identities.h"
#include "auth/app/provider_sign_in.h"
#include "auth/rpc/oauth_pages.h"
#include "auth/rpc/page.h"

namespace marquee::auth {

// What a step asks its person; `provider` as they know it. `problem` says what was wrong with the
// last try.
Page StepPage(const ProviderStep& step, const std::string& provider, std::string_view problem,
              const std::string& form_token, int status);
// To what an account is linked, and may be; `names` of the identities' providers, in their order.
Page IdentitiesPage(const Account& account, const IdentityList& list,
                    const std::vector<std::string>& names,
                    const std::vector<ProviderLink>& providers, const std::string& form_token);
Page PasswordPage(std::string_view problem, const std::string& form_token, int status);

}  // namespace marquee::auth
