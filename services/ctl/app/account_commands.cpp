// What keeps one's account one's own, over REST.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

std::string Lines(const json& list) {
  std::string text;
  for (const auto& item : list) text += item.get<std::string>() + "\n";
  return text;
}

}  // namespace

int StartTotp(const Context& context, const AccountFlags& flags) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", "/v1/me/totp",
                                json{{"password", Asked(flags.password, "Current password: ")}});
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(
      context, *answer,
      fmt::format("Put this into your authenticator, by hand:\n\n  {}\n\nor as a QR code of "
                  "this, made on your own machine:\n\n  {}\n\nthen turn it on: marqueectl "
                  "account totp confirm\n",
                  Text(*answer, "secret"), Text(*answer, "otpauth_uri")));
}

int ConfirmTotp(const Context& context, const AccountFlags& flags) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", "/v1/me/totp:confirm",
                                json{{"code", Asked(flags.code, "One-time code: ")}});
  if (!answer.ok()) return Fail(context, answer.error());
  if (!context.json) {
    std::fputs(
        "From now on a login asks for a code. These are for when the device is lost, each good "
        "once; they are shown this once:\n",
        stderr);
  }
  return Show(context, *answer, Lines(answer->value("recovery_codes", json::array())));
}

int RemoveTotp(const Context& context, const AccountFlags& flags) {
  auto rest = Rest(context);
  const std::string password = Asked(flags.password, "Current password: ");
  const auto answer =
      rest.Send("POST", "/v1/me/totp:remove",
                json{{"password", password}, {"code", Asked(flags.code, "One-time code: ")}});
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, json::object(), "A login no longer asks for a code.\n");
}

int ResetPassword(const Context& context, const AccountFlags& flags) {
  auto rest = Rest(context);
  if (flags.token.empty()) {
    const auto answer = rest.Send("POST", "/v1/auth/password-reset", json{{"email", flags.email}});
    if (!answer.ok()) return Fail(context, answer.error());
    return Show(context, json::object(),
                "If there is such an account, a link is on its way to it.\n");
  }
  const auto answer = rest.Send(
      "POST", "/v1/auth/password-reset:confirm",
      json{{"token", flags.token}, {"new_password", Asked(flags.password, "New password: ")}});
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, json::object(), "The password is set; all sessions have ended.\n");
}

int VerifyEmail(const Context& context, const AccountFlags& flags) {
  auto rest = Rest(context);
  if (!flags.token.empty()) {
    const auto answer =
        rest.Send("POST", "/v1/auth/email-verification:confirm", json{{"token", flags.token}});
    if (!answer.ok()) return Fail(context, answer.error());
    return Show(context, json::object(), "The address is verified.\n");
  }
  json body = json::object();
  if (!flags.email.empty()) {
    body["new_email"] = flags.email;
    body["password"] = Asked(flags.password, "Current password: ");
  }
  const auto answer = rest.Send("POST", "/v1/me/email-verification", body);
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, json::object(), "A link is on its way.\n");
}

int ListIdentities(const Context& context) {
  auto rest = Rest(context);
  const auto answer = rest.Get("/v1/me/identities");
  if (!answer.ok()) return Fail(context, answer.error());
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : answer->value("identities", json::array())) {
    rows.push_back({Text(one, "identity_id"), Text(one, "provider"), Text(one, "email"),
                    Text(one, "linked_at").substr(0, 19), Text(one, "last_used_at").substr(0, 19)});
  }
  return Show(context, *answer,
              Table({"identity", "at", "as", "linked", "last signed in"}, rows, 60) +
                  (answer->value("has_password", false)
                       ? ""
                       : "\nThere is no password: the last identity stays.\n"));
}

int UnlinkIdentity(const Context& context, const std::string& identity_id) {
  auto rest = Rest(context);
  const auto answer = rest.Delete("/v1/me/identities/" + PercentEncode(identity_id));
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer, "Unlinked; all your other sessions have ended.\n");
}

int RemoveUserTotp(const Context& context, std::int64_t user_id) {
  auto rest = Rest(context);
  const auto answer = rest.Delete("/v1/users/" + std::to_string(user_id) + "/totp");
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, json::object(), "Removed; that account's sessions have ended.\n");
}

}  // namespace marquee::ctl
