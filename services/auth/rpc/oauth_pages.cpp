#include "auth/rpc/oauth_pages.h"

#include "base/html.h"
#include "rules/scope.h"

namespace marquee::auth {
namespace {

std::string WhatItMay(const ScopeList& scopes) {
  std::string html = "<p>It may:</p>\n<ul>\n";
  for (const auto& name : scopes) {
    const auto* scope = rules::FindTokenScope(name);
    html += "<li>" + EscapeHtml(scope == nullptr ? name : scope->meaning) + "</li>\n";
  }
  return html + "</ul>\n";
}

std::string Who(const Account& account) {
  return "<p class=\"who\">You are signed in as " + EscapeHtml(account.email) + ".</p>\n";
}

constexpr char kDecide[] =
    "<button name=\"decision\" value=\"allow\">Allow</button>\n"
    "<button name=\"decision\" value=\"deny\">Deny</button>\n";

}  // namespace

Page SignInPage(std::string_view whom, std::string_view email, std::string_view problem,
                const FormFields& hidden, const std::vector<ProviderLink>& providers,
                std::string_view target, int status) {
  std::string others;
  for (const auto& [name, href] : providers)
    others += "<p>" + Link(href, "Continue with " + name) + "</p>\n";
  return WholePage("Sign in",
                   "<p>to go on to <strong>" + EscapeHtml(whom) + "</strong></p>\n" +
                       Problem(problem) +
                       Form("/oauth2/sign-in", hidden,
                            "<label>E-mail address <input type=\"email\" name=\"email\" value=\"" +
                                EscapeHtml(email) +
                                "\" autocomplete=\"username\" required autofocus></label>\n"
                                "<label>Password <input type=\"password\" name=\"password\" "
                                "autocomplete=\"current-password\" required></label>\n"
                                "<label>One-time code, if you use an authenticator <input "
                                "name=\"one_time_code\" autocomplete=\"one-time-code\" "
                                "autocapitalize=\"none\"></label>\n"
                                "<button>Sign in</button>\n") +
                       others,
                   target, status);
}

Page ConsentPage(const OAuthClient& client, const ScopeList& scopes, const Account& account,
                 const FormFields& hidden, std::string_view target) {
  return WholePage("Let " + client.name + " in?",
                   Who(account) + WhatItMay(scopes) + "<p>You are sent on to <code>" +
                       EscapeHtml(target) + "</code>.</p>\n" +
                       Form("/oauth2/consent", hidden, kDecide),
                   target, 200);
}

Page UserCodePage(std::string_view problem, const FormFields& hidden, int status) {
  return WholePage(
      "Sign in on a device",
      Problem(problem) + Form("/oauth2/device", hidden,
                              "<label>The code that it shows <input name=\"user_code\" "
                              "autocomplete=\"off\" autocapitalize=\"characters\" required "
                              "autofocus></label>\n<button>Go on</button>\n"),
      {}, status);
}

Page DevicePage(const DeviceQuestion& question, const Account& account, const FormFields& hidden) {
  return WholePage("Let " + question.client.name + " in on a device?",
                   Who(account) + "<p>Only if your device shows the code <strong>" +
                       EscapeHtml(question.user_code) +
                       "</strong>. If somebody else sent it to you, deny.</p>\n" +
                       WhatItMay(question.scopes) + Form("/oauth2/device", hidden, kDecide),
                   {}, 200);
}

}  // namespace marquee::auth
