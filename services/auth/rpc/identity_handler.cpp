#include "auth/rpc/identity_handler.h"

#include <absl/strings/str_split.h>

#include <algorithm>

#include "auth/app/secrets.h"
#include "auth/rpc/convert.h"
#include "auth/rpc/identity_pages.h"
#include "auth/rpc/page_request.h"

namespace marquee::auth {
namespace {

constexpr int kConflict = 409, kUnavailable = 503;

// As PageStatus; a provider that doesn't answer, and an identity that is another's, are told on the
// page, too.
int StatusOf(const Error& error) {
  if (error.reason == "provider_unavailable" || error.reason == "fetch_late") return kUnavailable;
  if (error.code == Code::kAlreadyExists || error.reason == "last_sign_in") return kConflict;
  return PageStatus(error);
}

std::string TitleOf(const Error& error) {
  if (error.reason == "last_sign_in" || error.reason == "identity_unknown")
    return "It stays as it is";
  if (StatusOf(error) == kUnavailable) return "That doesn't work at the moment";
  if (error.reason == "provider_request_unknown" || error.reason == "form_expired")
    return "Please try again";
  if (error.reason == "provider_unknown") return "This link is broken";
  return "Nobody was signed in";
}

// The provider's own session is no proof that a person is there now, where the application wants one.
std::string PromptOf(const AuthorizationRequest& request) {
  const std::vector<std::string> asked = absl::StrSplit(request.prompt, ' ', absl::SkipEmpty());
  if (std::ranges::count(asked, "login") > 0 || request.max_age) return "login";
  return std::ranges::count(asked, "select_account") > 0 ? "select_account" : "";
}

}  // namespace

IdentityHandler::IdentityHandler(Federation& federation, OAuth& oauth)
    : federation_(federation), oauth_(oauth) {
  Register(this, &IdentityHandler::VisitProvider);
  Register(this, &IdentityHandler::ReturnFromProvider);
  Register(this, &IdentityHandler::FinishProviderSignIn);
  Register(this, &IdentityHandler::LinkIdentity);
  Register(this, &IdentityHandler::OpenIdentitiesPage);
  Register(this, &IdentityHandler::UnlinkIdentity);
  Register(this, &IdentityHandler::OpenPasswordPage);
  Register(this, &IdentityHandler::SetFirstPassword);
  Register(this, &IdentityHandler::ListIdentities);
  Register(this, &IdentityHandler::RemoveIdentity);
}

Result<PageAnswer> IdentityHandler::Refuse(const Error& error, const std::string& return_to,
                                           const rpc::Call& call, const std::string& about) const {
  const int status = StatusOf(error);
  if (status == 0) return error;
  call.Note({.outcome = error, .about = about});
  if (return_to.empty())
    return PageAnswer{.page = MessagePage(TitleOf(error), error.message, status)};
  return PageAnswer{.page = MessagePage(TitleOf(error), error.message, "Back", return_to, status)};
}

PageAnswer IdentityHandler::Show(const ProviderStep& step, const std::string& browser,
                                 const rpc::Call& call) const {
  if (step.kind == ProviderStep::Kind::kDone) {
    call.Note({.about = std::to_string(step.user_id)});
    return {.location = step.return_to,
            .browser = step.browser,
            .browser_lifetime = Browsers::kLifetime};
  }
  call.Note({.entered = false});
  const auto provider = federation_.providers.Find(step.provider);
  return {.page = StepPage(step, provider.ok() ? (*provider)->config().name : step.provider, {},
                           oauth_.browsers.FormToken(browser), 200)};
}

// Only what an application of ours has registered may be where this leads in the end.
Result<ProviderVisit> IdentityHandler::VisitOf(const v1::VisitProviderRequest& in,
                                               const rpc::Call& call) {
  if (in.link() || in.identities())
    return ProviderVisit{.link = in.link(), .return_to = kIdentitiesPath};
  if (!in.has_request()) return ProviderVisit{.return_to = DevicePath(in.user_code())};
  const AuthorizationRequest request = FromProto(in.request());
  ASSIGN_OR_RETURN(const OAuthClient client,
                   oauth_.clients.Find(request.client_id, call.context()));
  if (!client.HasRedirectUri(request.redirect_uri))
    return OAuthError("invalid_request", "The redirect_uri is none of the application's.");
  return ProviderVisit{.return_to = AuthorizationPath(request),
                       .target = SourceOf(request.redirect_uri),
                       .prompt = PromptOf(request)};
}

Result<v1::VisitProviderResponse> IdentityHandler::VisitProvider(
    const rpc::Call& call, const v1::VisitProviderRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  PageAnswer answer;
  const auto visit = VisitOf(in, call);
  if (visit.ok()) {
    const std::string browser =
        LooksLikeOpaqueToken(in.browser()) ? in.browser() : NewOpaqueToken();
    auto url = federation_.sign_in.Begin(in.provider(), *visit, browser, call.context());
    if (url.ok()) {
      answer.location = *std::move(url);
      if (browser != in.browser()) answer.browser = browser;
      answer.browser_lifetime = Browsers::kFormLifetime;
    } else {
      ASSIGN_OR_RETURN(answer, Refuse(url.error(), visit->return_to, call));
    }
  } else {
    ASSIGN_OR_RETURN(answer, Refuse(visit.error(), {}, call));
  }
  return AnswerAs<v1::VisitProviderResponse>(std::move(answer));
}

Result<v1::ReturnFromProviderResponse> IdentityHandler::ReturnFromProvider(
    const rpc::Call& call, const v1::ReturnFromProviderRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  PageAnswer answer;
  const auto request =
      federation_.sign_in.Return(in.provider(), in.state(), in.browser(), call.context());
  if (request.ok()) {
    const auto step = federation_.sign_in.Judge(
        *request, in.state(), {in.code(), in.error(), in.iss()}, in.browser(), call.context());
    if (step.ok()) {
      answer = Show(*step, in.browser(), call);
    } else {
      ASSIGN_OR_RETURN(answer, Refuse(step.error(), request->return_to, call));
    }
  } else {
    ASSIGN_OR_RETURN(answer, Refuse(request.error(), {}, call));
  }
  return AnswerAs<v1::ReturnFromProviderResponse>(std::move(answer));
}

template <typename Request, typename Advance>
Result<PageAnswer> IdentityHandler::Submit(const Request& in, const rpc::Call& call,
                                           Advance advance) {
  auto step = oauth_.browsers.IsFormToken(in.form_token(), in.browser())
                  ? federation_.sign_in.Resume(in.provider(), in.ticket(), in.browser())
                  : Result<ProviderStep>(FormExpired());
  if (!step.ok()) return Refuse(step.error(), {}, call);
  const Result<ProviderStep> next = advance(*step);
  if (next.ok()) return Show(*next, in.browser(), call);
  const int status = StatusOf(next.error());
  if (status == 0) return next.error();
  call.Note({.outcome = next.error(),
             .about = step->user_id == 0 ? step->email : std::to_string(step->user_id)});
  ASSIGN_OR_RETURN(const OpenIdProvider* provider, federation_.providers.Find(step->provider));
  return PageAnswer{.page = StepPage(*step, provider->config().name, next.error().message,
                                     in.form_token(), status)};
}

Result<v1::FinishProviderSignInResponse> IdentityHandler::FinishProviderSignIn(
    const rpc::Call& call, const v1::FinishProviderSignInRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  ASSIGN_OR_RETURN(PageAnswer answer, Submit(in, call, [&](const ProviderStep& step) {
                     return federation_.sign_in.Finish(step, in.one_time_code(), call.context());
                   }));
  return AnswerAs<v1::FinishProviderSignInResponse>(std::move(answer));
}

Result<v1::LinkIdentityResponse> IdentityHandler::LinkIdentity(const rpc::Call& call,
                                                               const v1::LinkIdentityRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  ASSIGN_OR_RETURN(PageAnswer answer, Submit(in, call, [&](const ProviderStep& step) {
                     return federation_.sign_in.Link(step, in.password(), in.one_time_code(),
                                                     in.browser(), call.context());
                   }));
  return AnswerAs<v1::LinkIdentityResponse>(std::move(answer));
}

Result<v1::OpenIdentitiesPageResponse> IdentityHandler::OpenIdentitiesPage(
    const rpc::Call& call, const v1::OpenIdentitiesPageRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  PageAnswer answer;
  ASSIGN_OR_RETURN(const auto browser, oauth_.browsers.Find(in.browser(), call.context()));
  if (browser) {
    ASSIGN_OR_RETURN(const IdentityList list,
                     federation_.identities.List(browser->account.user_id, call.context()));
    std::vector<std::string> names;
    for (const auto& identity : list.identities)
      names.push_back(federation_.providers.NameOf(identity.issuer));
    answer.page = IdentitiesPage(browser->account, list, names,
                                 LinksTo(federation_.providers, {{"link", "true"}}),
                                 oauth_.browsers.FormToken(in.browser()));
  } else {
    answer.browser = NewOpaqueToken();
    answer.browser_lifetime = Browsers::kFormLifetime;
    answer.page = SignInPage(
        "your identities", {}, {},
        {{"form_token", oauth_.browsers.FormToken(answer.browser)}, {"identities", "true"}},
        LinksTo(federation_.providers, {{"identities", "true"}}), {}, 200);
  }
  return AnswerAs<v1::OpenIdentitiesPageResponse>(std::move(answer));
}

template <typename Request>
Result<Person> IdentityHandler::SenderOf(const Request& in, const rpc::Call& call) {
  if (!oauth_.browsers.IsFormToken(in.form_token(), in.browser())) return FormExpired();
  ASSIGN_OR_RETURN(const auto browser, oauth_.browsers.Find(in.browser(), call.context()));
  if (!browser) return FormExpired();
  call.Note({.about = std::to_string(browser->account.user_id)});
  return Person{browser->account.user_id, browser->session_id};
}

Result<v1::UnlinkIdentityResponse> IdentityHandler::UnlinkIdentity(
    const rpc::Call& call, const v1::UnlinkIdentityRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  const auto person = SenderOf(in, call);
  const Status removed =
      person.ok() ? federation_.identities.Remove(*person, in.identity_id(), call.context())
                  : Status(person.error());
  PageAnswer answer{.location = kIdentitiesPath};
  if (!removed.ok()) {
    ASSIGN_OR_RETURN(answer, Refuse(removed.error(), kIdentitiesPath, call,
                                    person.ok() ? std::to_string(person->user_id) : std::string()));
  }
  return AnswerAs<v1::UnlinkIdentityResponse>(std::move(answer));
}

Result<v1::OpenPasswordPageResponse> IdentityHandler::OpenPasswordPage(
    const rpc::Call& call, const v1::OpenPasswordPageRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  ASSIGN_OR_RETURN(const auto browser, oauth_.browsers.Find(in.browser(), call.context()));
  // There they sign in.
  if (!browser) return AnswerAs<v1::OpenPasswordPageResponse>({.location = kIdentitiesPath});
  return AnswerAs<v1::OpenPasswordPageResponse>(
      {.page = PasswordPage({}, oauth_.browsers.FormToken(in.browser()), 200)});
}

Result<v1::SetFirstPasswordResponse> IdentityHandler::SetFirstPassword(
    const rpc::Call& call, const v1::SetFirstPasswordRequest& in) {
  RETURN_IF_ERROR(oauth_.IsOn());
  PageAnswer answer{.location = kIdentitiesPath};
  const auto person = SenderOf(in, call);
  if (!person.ok()) {
    ASSIGN_OR_RETURN(answer, Refuse(person.error(), kPasswordPath, call));
    return AnswerAs<v1::SetFirstPasswordResponse>(std::move(answer));
  }
  const Status set =
      federation_.accounts.SetFirstPassword(*person, in.new_password(), call.context());
  if (!set.ok()) {
    const int status = StatusOf(set.error());
    if (status == 0) return set.error();
    call.Note({.outcome = set.error(), .about = std::to_string(person->user_id)});
    answer = {.page = PasswordPage(set.error().message, in.form_token(), status)};
  }
  return AnswerAs<v1::SetFirstPasswordResponse>(std::move(answer));
}

Result<v1::ListIdentitiesResponse> IdentityHandler::ListIdentities(
    const rpc::Call& call, const v1::ListIdentitiesRequest&) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  ASSIGN_OR_RETURN(const IdentityList list,
                   federation_.identities.List(person.user_id, call.context()));
  v1::ListIdentitiesResponse response;
  response.set_has_password(list.has_password);
  for (const auto& identity : list.identities) {
    ToProto(identity, federation_.providers.NameOf(identity.issuer), *response.add_identities());
  }
  return response;
}

Result<v1::RemoveIdentityResponse> IdentityHandler::RemoveIdentity(
    const rpc::Call& call, const v1::RemoveIdentityRequest& in) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  RETURN_IF_ERROR(federation_.identities.Remove(person, in.identity_id(), call.context()));
  return v1::RemoveIdentityResponse();
}

}  // namespace marquee::auth
