#include "auth/app/provider_sign_in.h"

#include <nlohmann/json.hpp>

#include "auth/app/secrets.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

// What is left of a call's time once it is clear that a provider won't answer: for saying so.
constexpr milliseconds kReserve{500};

Error EmailUnverified(const std::string& provider) {
  return Error::FailedPrecondition(
      "email_unverified",
      provider +
          " doesn't say that your e-mail address is yours. Prove it there (it sends you a "
          "mail for that), and come back; or sign in here with a password.");
}

std::int64_t Seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

CallContext Outbound(const CallContext& call) { return call.Before(call.deadline - kReserve); }

}  // namespace

struct ProviderSignIn::Found {
  ProviderStep::Kind kind = ProviderStep::Kind::kDone;
  std::string provider;  // its id
  std::string issuer;
  std::string subject;
  std::string email;  // the provider vouches for it, where kind needs that
  std::string name;
  bool verified = false;
  // These of a ticket.
  std::string browser_hash = {};
  std::int64_t user_id = 0;
  std::string return_to = {};
  std::string target = {};
  std::int64_t expires_at = 0;

  Identity AsIdentity(Time now) const {
    return {.identity_id = Uuid::V7(now).ToString(),
            .issuer = issuer,
            .subject = subject,
            .email = email,
            .linked_at = now,
            .used_at = now};
  }
};

ProviderSignIn::ProviderSignIn(const OpenIdProviders& providers, IdentityRepository& identities,
                               Accounts& accounts, Browsers& browsers, const Sealer& sealer,
                               const Clock& clock, std::string_view secret)
    : providers_(providers),
      identities_(identities),
      accounts_(accounts),
      browsers_(browsers),
      sealer_(sealer),
      clock_(clock),
      nonce_key_(Sha256("nonces for providers\n" + std::string(secret))),
      verifier_key_(Sha256("verifiers for providers\n" + std::string(secret))) {}

// State is random and goes through the browser; what must not go there comes of it and of our secret.
ProviderChallenge ProviderSignIn::ChallengeOf(const std::string& state) const {
  return {.state = state,
          .nonce = SuccessorOf(state, nonce_key_),
          .verifier = SuccessorOf(state, verifier_key_)};
}

Result<std::string> ProviderSignIn::Begin(const std::string& provider_id,
                                          const ProviderVisit& visit, const std::string& browser,
                                          const CallContext& call) {
  ASSIGN_OR_RETURN(OpenIdProvider * provider, providers_.Find(provider_id));
  ProviderRequest request{.provider = provider_id,
                          .browser_hash = Sha256(browser),
                          .return_to = visit.return_to,
                          .target = visit.target,
                          .expires_at = clock_.Now() + kProviderRequestLifetime};
  if (visit.link) {
    ASSIGN_OR_RETURN(const auto signed_in, browsers_.Find(browser, call));
    if (!signed_in)
      return Error::Unauthenticated("browser_unknown", "Sign in first, to link your account.");
    request.user_id = signed_in->account.user_id;
  }
  ProviderChallenge challenge = ChallengeOf(NewOpaqueToken());
  challenge.prompt = visit.prompt;
  // First, so that nothing is kept for who can't go there.
  ASSIGN_OR_RETURN(std::string url, provider->AuthorizationUrl(challenge, Outbound(call)));
  RETURN_IF_ERROR(identities_.AddRequest(Sha256(challenge.state), request, call));
  return url;
}

Result<ProviderRequest> ProviderSignIn::Return(const std::string& provider,
                                               const std::string& state, const std::string& browser,
                                               const CallContext& call) {
  RETURN_IF_ERROR(providers_.Find(provider));
  return identities_.TakeRequest(Sha256(state), provider, Sha256(browser), clock_.Now(), call);
}

Result<ProviderStep> ProviderSignIn::Judge(const ProviderRequest& request, const std::string& state,
                                           const ProviderAnswer& answer, const std::string& browser,
                                           const CallContext& call) {
  ASSIGN_OR_RETURN(OpenIdProvider * provider, providers_.Find(request.provider));
  ASSIGN_OR_RETURN(const token::IdToken person,
                   provider->Redeem(answer, ChallengeOf(state), Outbound(call)));
  Found found{.provider = request.provider,
              .issuer = person.issuer,
              .subject = person.subject,
              .email = person.email.value_or(""),
              .name = person.name,
              .verified = person.email_verified};
  // As it is kept and compared.
  const auto email = Email::Make(found.email);
  found.email = email.ok() ? email->address() : "";
  found.verified = found.verified && email.ok();
  if (request.user_id != 0) return JudgeLink(found, request, browser, call);
  return JudgeSignIn(found, request, call);
}

Result<ProviderStep> ProviderSignIn::JudgeLink(const Found& found, const ProviderRequest& request,
                                               const std::string& browser,
                                               const CallContext& call) {
  ASSIGN_OR_RETURN(const auto signed_in, browsers_.Find(browser, call));
  if (!signed_in || signed_in->account.user_id != request.user_id)
    return Error::Unauthenticated("browser_unknown",
                                  "You signed out meanwhile: sign in, and link again.");
  if (!found.verified) return EmailUnverified(providers_.NameOf(found.issuer));
  return Ask(ProviderStep::Kind::kConfirmLink, found, request, request.user_id);
}

Result<ProviderStep> ProviderSignIn::JudgeSignIn(const Found& found, const ProviderRequest& request,
                                                 const CallContext& call) {
  ProviderStep step{.provider = found.provider,
                    .email = found.email,
                    .return_to = request.return_to,
                    .target = request.target};
  const Time now = clock_.Now();
  auto account = identities_.Use(found.issuer, found.subject, found.email, now, call);
  if (account.ok() && account->second_factor)
    return Ask(ProviderStep::Kind::kOneTimeCode, found, request, account->user_id);
  if (account.ok()) return SignIn(*account, {}, std::move(step), call);
  if (account.error().code != Code::kNotFound) return account.error();

  if (!found.verified) return EmailUnverified(providers_.NameOf(found.issuer));
  ASSIGN_OR_RETURN(const Email email, Email::Make(found.email));
  const auto name = MakeDisplayName(found.name);
  account = identities_.CreateAccount({.email = email,
                                       .password_hash = {},
                                       .display_name = name.value_or(""),
                                       .roles = {Role::kUser},
                                       .created_at = now,
                                       .email_verified = true},
                                      found.AsIdentity(now), call);
  if (!account.ok() && account.error().reason == "email_taken")
    return Ask(ProviderStep::Kind::kSignInToLink, found, request, 0);
  if (!account.ok()) return account.error();
  return SignIn(*account, {}, std::move(step), call);
}

Result<ProviderStep> ProviderSignIn::SignIn(const Account& account,
                                            const std::string& one_time_code, ProviderStep step,
                                            const CallContext& call) {
  ASSIGN_OR_RETURN(const SignedIn signed_in, accounts_.LoginAs(account, one_time_code, call));
  ASSIGN_OR_RETURN(step.browser, browsers_.Begin(signed_in.session_id, call));
  step.kind = ProviderStep::Kind::kDone;
  step.user_id = account.user_id;
  return step;
}

ProviderStep ProviderSignIn::Ask(ProviderStep::Kind kind, const Found& found,
                                 const ProviderRequest& request, std::int64_t user_id) const {
  const Json ticket = {{"kind", static_cast<int>(kind)},
                       {"provider", found.provider},
                       {"iss", found.issuer},
                       {"sub", found.subject},
                       {"email", found.email},
                       {"user", user_id},
                       {"browser", Base64UrlEncode(request.browser_hash)},
                       {"return_to", request.return_to},
                       {"target", request.target},
                       {"exp", Seconds(clock_.Now() + kProviderRequestLifetime)}};
  return {.kind = kind,
          .provider = found.provider,
          .email = found.email,
          .return_to = request.return_to,
          .target = request.target,
          .ticket = Base64UrlEncode(sealer_.Seal(ticket.dump())),
          .user_id = user_id};
}

// What we sealed is whole; another's isn't opened.
Result<ProviderSignIn::Found> ProviderSignIn::Open(const std::string& ticket) const {
  const auto sealed = Base64UrlDecode(ticket);
  if (!sealed.ok()) return FormExpired();
  const auto opened = sealer_.Open(*sealed);
  if (!opened.ok()) return FormExpired();
  ASSIGN_OR_RETURN(const Json json, ParseJson(*opened));
  ASSIGN_OR_RETURN(std::string browser_hash, Base64UrlDecode(json.value("browser", "")));
  Found found{.kind = static_cast<ProviderStep::Kind>(json.value("kind", 0)),
              .provider = json.value("provider", ""),
              .issuer = json.value("iss", ""),
              .subject = json.value("sub", ""),
              .email = json.value("email", ""),
              .name = {},
              .verified = true,
              .browser_hash = std::move(browser_hash),
              .user_id = json.value("user", std::int64_t{0}),
              .return_to = json.value("return_to", ""),
              .target = json.value("target", ""),
              .expires_at = json.value("exp", std::int64_t{0})};
  if (Seconds(clock_.Now()) >= found.expires_at) return FormExpired();
  return found;
}

Result<ProviderStep> ProviderSignIn::Resume(const std::string& provider, const std::string& ticket,
                                            const std::string& browser) const {
  RETURN_IF_ERROR(providers_.Find(provider));
  ASSIGN_OR_RETURN(const Found found, Open(ticket));
  if (found.provider != provider || !SecretsEqual(found.browser_hash, Sha256(browser)))
    return FormExpired();
  return ProviderStep{.kind = found.kind,
                      .provider = found.provider,
                      .email = found.email,
                      .return_to = found.return_to,
                      .target = found.target,
                      .ticket = ticket,
                      .user_id = found.user_id};
}

Result<ProviderStep> ProviderSignIn::Finish(const ProviderStep& step,
                                            const std::string& one_time_code,
                                            const CallContext& call) {
  if (step.kind != ProviderStep::Kind::kOneTimeCode) return FormExpired();
  ASSIGN_OR_RETURN(const Found found, Open(step.ticket));
  // It may have been removed since.
  const auto account =
      identities_.Use(found.issuer, found.subject, found.email, clock_.Now(), call);
  if (!account.ok())
    return account.error().code == Code::kNotFound ? FormExpired() : account.error();
  return SignIn(*account, one_time_code, step, call);
}

Status ProviderSignIn::LinkTo(const Account& account, const Found& found, const CallContext& call) {
  ASSIGN_OR_RETURN(const Email own, Email::Make(account.email));
  ASSIGN_OR_RETURN(const Email theirs, Email::Make(found.email));
  // Or somebody registers another's address and waits, with an identity of their own, until its
  // owner has taken the account over.
  if (!account.email_verified && own.key() != theirs.key()) {
    return Error::FailedPrecondition(
        "email_unproved",
        "Prove the address of your account first: ask for a link by mail. Or link "
        "an identity that has the same address.");
  }
  return identities_.Link(account.user_id, found.AsIdentity(clock_.Now()), kMostIdentities, call);
}

Result<ProviderStep> ProviderSignIn::Link(const ProviderStep& step, const std::string& password,
                                          const std::string& one_time_code,
                                          const std::string& browser, const CallContext& call) {
  ASSIGN_OR_RETURN(const Found found, Open(step.ticket));
  ProviderStep done = step;
  done.kind = ProviderStep::Kind::kDone;
  if (step.kind == ProviderStep::Kind::kSignInToLink) {
    ASSIGN_OR_RETURN(const SignedIn signed_in,
                     accounts_.Login({found.email, password, one_time_code}, call));
    RETURN_IF_ERROR(LinkTo(signed_in.account, found, call));
    ASSIGN_OR_RETURN(done.browser, browsers_.Begin(signed_in.session_id, call));
    done.user_id = signed_in.account.user_id;
    return done;
  }
  if (step.kind != ProviderStep::Kind::kConfirmLink) return FormExpired();
  ASSIGN_OR_RETURN(const auto signed_in, browsers_.Find(browser, call));
  if (!signed_in || signed_in->account.user_id != found.user_id) return FormExpired();
  RETURN_IF_ERROR(LinkTo(signed_in->account, found, call));
  return done;
}

}  // namespace marquee::auth
