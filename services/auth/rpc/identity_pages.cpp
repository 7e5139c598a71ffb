#include "auth/rpc/identity_pages.h"

#include "auth/rpc/page_request.h"
#include "base/html.h"

namespace marquee::auth {
namespace {

constexpr char kOneTimeCode[] =
    "<label>One-time code of your authenticator, or a recovery code <input name=\"one_time_code\" "
    "autocomplete=\"one-time-code\" autocapitalize=\"none\" required autofocus></label>\n"
    "<button>Sign in</button>\n";

constexpr char kPassword[] =
    "<label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\" "
    "required autofocus></label>\n"
    "<label>One-time code, if you use an authenticator <input name=\"one_time_code\" "
    "autocomplete=\"one-time-code\" autocapitalize=\"none\"></label>\n"
    "<button>Sign in and link</button>\n";

}  // namespace

Page StepPage(const ProviderStep& step, const std::string& provider, std::string_view problem,
              const std::string& form_token, int status) {
  const FormFields hidden{{"form_token", form_token}, {"ticket", step.ticket}};
  const std::string path = "/oauth2/providers/" + step.provider;
  const std::string email = "<strong>" + EscapeHtml(step.email) + "</strong>";
  switch (step.kind) {
    case ProviderStep::Kind::kDone: return MessagePage("Done", "You are signed in.", status);
    case ProviderStep::Kind::kOneTimeCode:
      return WholePage("One more step",
                       "<p>Your account asks for a one-time code, also after " +
                           EscapeHtml(provider) + ".</p>\n" + Problem(problem) +
                           Form(path + "/sign-in", hidden, kOneTimeCode),
                       step.target, status);
    case ProviderStep::Kind::kSignInToLink:
      return WholePage(
          "You have an account here",
          "<p>There is one with " + email + ". Sign in to it once with its password, and " +
              EscapeHtml(provider) +
              " will do from then on.</p>\n<p class=\"who\">If it has no password, sign in as you "
              "did before, and link " +
              EscapeHtml(provider) + " on the page of " + Link(kIdentitiesPath, "your identities") +
              ".</p>\n" + Problem(problem) + Form(path + "/link", hidden, kPassword),
          step.target, status);
    case ProviderStep::Kind::kConfirmLink:
      return WholePage("Link your account to " + provider + "?",
                       "<p>Whoever signs in to " + EscapeHtml(provider) + " as " + email +
                           " can sign in to your account from then on.</p>\n" + Problem(problem) +
                           Form(path + "/link", hidden, "<button>Link</button>\n") + "<p>" +
                           Link(kIdentitiesPath, "Leave it as it is") + "</p>\n",
                       step.target, status);
  }
  return {};
}

Page IdentitiesPage(const Account& account, const IdentityList& list,
                    const std::vector<std::string>& names,
                    const std::vector<ProviderLink>& providers, const std::string& form_token) {
  std::string linked;
  for (std::size_t i = 0; i < list.identities.size(); ++i) {
    const auto& identity = list.identities[i];
    linked += "<p>" + EscapeHtml(names[i]) +
              (identity.email.empty() ? "" : " (" + EscapeHtml(identity.email) + ")") +
              "<button name=\"identity_id\" value=\"" + EscapeHtml(identity.identity_id) +
              "\">Unlink</button></p>\n";
  }
  std::string body =
      "<p class=\"who\">You are signed in as " + EscapeHtml(account.email) + ".</p>\n";
  body += linked.empty() ? "<p>Your account is linked to nothing.</p>\n"
                         : "<p>You can sign in with:</p>\n" +
                               Form(kIdentitiesPath, {{"form_token", form_token}}, linked);
  for (const auto& [name, href] : providers) body += "<p>" + Link(href, "Link " + name) + "</p>\n";
  if (!list.has_password) body += "<p>" + Link(kPasswordPath, "Set a password") + "</p>\n";
  return WholePage("Your identities", body, {}, 200);
}

Page PasswordPage(std::string_view problem, const std::string& form_token, int status) {
  return WholePage(
      "Set a password",
      Problem(problem) + Form(kPasswordPath, {{"form_token", form_token}},
                              "<label>Password <input type=\"password\" name=\"new_password\" "
                              "autocomplete=\"new-password\" required autofocus></label>\n"
                              "<button>Set it</button>\n"),
      {}, status);
}

}  // namespace marquee::auth
