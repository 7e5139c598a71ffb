// The pages of OAuth 2: plain HTML, without scripts, one style that its hash lets in. Whatever is
// put into them is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/app/devices.h"
#include "auth/domain/account.h"
#include "auth/domain/oauth.h"

namespace marquee::auth {

struct Page {
  std::string html;
  std::string content_security_policy;
  int status = 200;
};

// What a form carries unseen.
using HiddenFields = std::vector<std::pair<std::string, std::string>>;

// For `client` (by name; empty: for a device). `problem` says what was wrong with the last try;
// `target` is where the form may lead in the end, as SourceOf writes it, or empty.
Page SignInPage(std::string_view client, std::string_view email, std::string_view problem,
                const HiddenFields& hidden, std::string_view target, int status);
Page ConsentPage(const OAuthClient& client, const ScopeList& scopes, const Account& account,
                 const HiddenFields& hidden, std::string_view target);
// Where a person types a device's code.
Page UserCodePage(std::string_view problem, const HiddenFields& hidden, int status);
Page DevicePage(const DeviceQuestion& question, const Account& account, const HiddenFields& hidden);
// Nothing more to do.
Page MessagePage(std::string_view title, std::string_view text, int status);

}  // namespace marquee::auth
