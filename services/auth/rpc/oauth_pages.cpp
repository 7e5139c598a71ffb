#include "auth/rpc/oauth_pages.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_replace.h>

#include "auth/app/secrets.h"
#include "rules/scope.h"

namespace marquee::auth {
namespace {

constexpr std::string_view kStyle =
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}"
    "label,button{display:block;margin:1rem 0 0}input{width:100%;padding:.5rem;box-sizing:border-"
    "box;font:inherit}button{padding:.5rem 1.5rem;font:inherit}.problem{color:#b00020}"
    ".who{color:#555}";

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(
      std::string(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

// Browsers hold the redirects that follow upon a form to form-action, too.
std::string PolicyFor(std::string_view target) {
  static const std::string style = "'sha256-" + absl::Base64Escape(Sha256(kStyle)) + "'";
  return "default-src 'none'; style-src " + style + "; form-action 'self'" +
         (target.empty() ? "" : " " + std::string(target)) +
         "; base-uri 'none'; frame-ancestors 'none'";
}

Page Whole(std::string_view title, const std::string& body, std::string_view target, int status) {
  return {
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
          Escaped(title) + " – Marquee</title>\n<style>" + std::string(kStyle) +
          "</style>\n</head>\n<body>\n<main>\n<h1>" + Escaped(title) + "</h1>\n" + body +
          "</main>\n</body>\n</html>\n",
      PolicyFor(target), status};
}

std::string Hidden(const HiddenFields& fields) {
  std::string html;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    html +=
        "<input type=\"hidden\" name=\"" + Escaped(name) + "\" value=\"" + Escaped(value) + "\">\n";
  }
  return html;
}

std::string Form(std::string_view action, const HiddenFields& hidden, const std::string& inner) {
  return "<form method=\"post\" action=\"" + std::string(action) + "\">\n" + Hidden(hidden) +
         inner + "</form>\n";
}

std::string Problem(std::string_view text) {
  return text.empty() ? "" : "<p class=\"problem\" role=\"alert\">" + Escaped(text) + "</p>\n";
}

std::string WhatItMay(const ScopeList& scopes) {
  std::string html = "<p>It may:</p>\n<ul>\n";
  for (const auto& name : scopes) {
    const auto* scope = rules::FindTokenScope(name);
    html += "<li>" + Escaped(scope == nullptr ? name : scope->meaning) + "</li>\n";
  }
  return html + "</ul>\n";
}

std::string Who(const Account& account) {
  return "<p class=\"who\">You are signed in as " + Escaped(account.email) + ".</p>\n";
}

constexpr char kDecide[] =
    "<button name=\"decision\" value=\"allow\">Allow</button>\n"
    "<button name=\"decision\" value=\"deny\">Deny</button>\n";

}  // namespace

Page SignInPage(std::string_view client, std::string_view email, std::string_view problem,
                const HiddenFields& hidden, std::string_view target, int status) {
  const std::string whom =
      client.empty() ? "your device" : "<strong>" + Escaped(client) + "</strong>";
  return Whole("Sign in",
               "<p>to go on to " + whom + "</p>\n" + Problem(problem) +
                   Form("/oauth2/sign-in", hidden,
                        "<label>E-mail address <input type=\"email\" name=\"email\" value=\"" +
                            Escaped(email) +
                            "\" autocomplete=\"username\" required autofocus></label>\n"
                            "<label>Password <input type=\"password\" name=\"password\" "
                            "autocomplete=\"current-password\" required></label>\n"
                            "<label>One-time code, if you use an authenticator <input "
                            "name=\"one_time_code\" autocomplete=\"one-time-code\" "
                            "autocapitalize=\"none\"></label>\n"
                            "<button>Sign in</button>\n"),
               target, status);
}

Page ConsentPage(const OAuthClient& client, const ScopeList& scopes, const Account& account,
                 const HiddenFields& hidden, std::string_view target) {
  return Whole("Let " + client.name + " in?",
               Who(account) + WhatItMay(scopes) + "<p>You are sent on to <code>" + Escaped(target) +
                   "</code>.</p>\n" + Form("/oauth2/consent", hidden, kDecide),
               target, 200);
}

Page UserCodePage(std::string_view problem, const HiddenFields& hidden, int status) {
  return Whole(
      "Sign in on a device",
      Problem(problem) + Form("/oauth2/device", hidden,
                              "<label>The code that it shows <input name=\"user_code\" "
                              "autocomplete=\"off\" autocapitalize=\"characters\" required "
                              "autofocus></label>\n<button>Go on</button>\n"),
      {}, status);
}

Page DevicePage(const DeviceQuestion& question, const Account& account,
                const HiddenFields& hidden) {
  return Whole("Let " + question.client.name + " in on a device?",
               Who(account) + "<p>Only if your device shows the code <strong>" +
                   Escaped(question.user_code) +
                   "</strong>. If somebody else sent it to you, deny.</p>\n" +
                   WhatItMay(question.scopes) + Form("/oauth2/device", hidden, kDecide),
               {}, 200);
}

Page MessagePage(std::string_view title, std::string_view text, int status) {
  return Whole(title, "<p>" + Escaped(text) + "</p>\n", {}, status);
}

}  // namespace marquee::auth
