// The pages of OAuth 2. Whatever is put into them is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/app/devices.h"
#include "auth/domain/account.h"
#include "auth/domain/oauth.h"
#include "auth/rpc/page.h"

namespace marquee::auth {

// Another way to sign in, as a link.
struct ProviderLink {
  std::string name;
  std::string href;
};

// To go on to `whom`. `problem` says what was wrong with the last try; `target` is where the form may
// lead in the end, as SourceOf writes it, or empty.
Page SignInPage(std::string_view whom, std::string_view email, std::string_view problem,
                const FormFields& hidden, const std::vector<ProviderLink>& providers,
                std::string_view target, int status);
Page ConsentPage(const OAuthClient& client, const ScopeList& scopes, const Account& account,
                 const FormFields& hidden, std::string_view target);
// Where a person types a device's code.
Page UserCodePage(std::string_view problem, const FormFields& hidden, int status);
Page DevicePage(const DeviceQuestion& question, const Account& account, const FormFields& hidden);

}  // namespace marquee::auth
