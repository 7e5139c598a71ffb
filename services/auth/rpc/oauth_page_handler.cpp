// The part of OAuthService that browsers see.
#include "auth/app/secrets.h"
#include "auth/rpc/oauth_handler.h"
#include "auth/rpc/page_request.h"

namespace marquee::auth {
namespace {

constexpr int kForbidden = 403;

FormFields InForm(const AuthorizationRequest& request, std::string form_token) {
  FormFields fields = InMessage(request);
  fields.emplace_back("form_token", std::move(form_token));
  return fields;
}

rpc::AuditNote NoteOf(bool allowed, const OAuthClient& client, const Account& account) {
  rpc::AuditNote note{.about = std::to_string(account.user_id), .client_id = client.id};
  if (!allowed) note.outcome = Error::PermissionDenied("access_denied", "The person said no.");
  return note;
}

// Only what a person decided is entered, by a consent of before, too.
rpc::AuditNote NoteOf(const NextStep& step) {
  if (step.kind != NextStep::Kind::kGoBack || !step.account) return {.entered = false};
  return NoteOf(step.allowed, step.client, *step.account);
}

}  // namespace

std::string OAuthHandler::BrowserOf(const std::string& token, PageAnswer& answer) const {
  if (LooksLikeOpaqueToken(token)) return token;
  answer.browser = NewOpaqueToken();
  answer.browser_lifetime = Browsers::kFormLifetime;
  return answer.browser;
}

PageAnswer OAuthHandler::AskToSignIn(const AuthorizationRequest& request, const std::string& client,
                                     const std::string& browser, const std::string& email,
                                     std::string_view problem, int status) const {
  PageAnswer answer;
  const std::string token = BrowserOf(browser, answer);
  answer.page =
      SignInPage(client, email, problem, InForm(request, oauth_.browsers.FormToken(token)),
                 LinksTo(providers_, InMessage(request)), SourceOf(request.redirect_uri), status);
  return answer;
}

PageAnswer OAuthHandler::AskDeviceToSignIn(const std::string& user_code, const std::string& browser,
                                           const std::string& email, std::string_view problem,
                                           int status) const {
  PageAnswer answer;
  const std::string token = BrowserOf(browser, answer);
  answer.page =
      SignInPage("your device", email, problem,
                 {{"form_token", oauth_.browsers.FormToken(token)}, {"user_code", user_code}},
                 LinksTo(providers_, {{"user_code", user_code}}), {}, status);
  return answer;
}

PageAnswer OAuthHandler::AskToSignInToIdentities(const std::string& browser,
                                                 const std::string& email, std::string_view problem,
                                                 int status) const {
  constexpr char kIdentities[] = "identities";
  PageAnswer answer;
  const std::string token = BrowserOf(browser, answer);
  answer.page =
      SignInPage("your identities", email, problem,
                 {{"form_token", oauth_.browsers.FormToken(token)}, {kIdentities, "true"}},
                 LinksTo(providers_, {{kIdentities, "true"}}), {}, status);
  return answer;
}

PageAnswer OAuthHandler::Show(const NextStep& step, const AuthorizationRequest& request,
                              const std::string& browser) const {
  switch (step.kind) {
    case NextStep::Kind::kGoBack: return {.location = step.location};
    case NextStep::Kind::kSignIn:
      return AskToSignIn(request, step.client.name, browser, {}, {}, 200);
    case NextStep::Kind::kConsent:
      return {.page = ConsentPage(step.client, step.scopes, *step.account,
                                  InForm(request, oauth_.browsers.FormToken(browser)),
                                  SourceOf(request.redirect_uri))};
  }
  return {};
}

Result<v1::AuthorizeResponse> OAuthHandler::Authorize(const rpc::Call& call,
                                                      const v1::AuthorizeRequest& in) {
  RETURN_IF_ERROR(IsOn());
  const AuthorizationRequest request = FromProto(in);
  const auto step = oauth_.authorization.Begin(request, in.browser(), call.context());
  call.Note(step.ok() ? NoteOf(*step) : rpc::AuditNote{.entered = false});
  if (step.ok()) return AnswerAs<v1::AuthorizeResponse>(Show(*step, request, in.browser()));
  const int status = PageStatus(step.error());
  if (status == 0) return step.error();
  return AnswerAs<v1::AuthorizeResponse>(
      {.page = MessagePage("This link is broken", step.error().message, status)});
}

Result<PageAnswer> OAuthHandler::SignInFailed(const Error& error, const v1::SignInRequest& in,
                                              const rpc::Call& call) {
  const int status = PageStatus(error);
  if (status == 0) return error;
  if (in.identities())
    return AskToSignInToIdentities(in.browser(), in.email(), error.message, status);
  if (!in.has_request())
    return AskDeviceToSignIn(in.user_code(), in.browser(), in.email(), error.message, status);
  ASSIGN_OR_RETURN(const OAuthClient client,
                   oauth_.clients.Find(in.request().client_id(), call.context()));
  return AskToSignIn(FromProto(in.request()), client.name, in.browser(), in.email(), error.message,
                     status);
}

Result<v1::SignInResponse> OAuthHandler::SignIn(const rpc::Call& call,
                                                const v1::SignInRequest& in) {
  RETURN_IF_ERROR(IsOn());
  auto signed_in = [&]() -> Result<std::string> {
    if (!oauth_.browsers.IsFormToken(in.form_token(), in.browser())) return FormExpired();
    return oauth_.browsers.SignIn({in.email(), in.password(), in.one_time_code()}, call.context());
  }();
  if (!signed_in.ok()) {
    call.Note({.outcome = signed_in.error()});
    ASSIGN_OR_RETURN(PageAnswer answer, SignInFailed(signed_in.error(), in, call));
    return AnswerAs<v1::SignInResponse>(std::move(answer));
  }
  std::string location = in.identities()    ? kIdentitiesPath
                         : in.has_request() ? AuthorizationPath(FromProto(in.request()))
                                            : DevicePath(in.user_code());
  return AnswerAs<v1::SignInResponse>({.location = std::move(location),
                                       .browser = *std::move(signed_in),
                                       .browser_lifetime = Browsers::kLifetime});
}

Result<v1::ConsentResponse> OAuthHandler::Consent(const rpc::Call& call,
                                                  const v1::ConsentRequest& in) {
  RETURN_IF_ERROR(IsOn());
  const AuthorizationRequest request = FromProto(in.request());
  call.Note({.entered = false});
  if (!oauth_.browsers.IsFormToken(in.form_token(), in.browser())) {
    return AnswerAs<v1::ConsentResponse>(
        {.page = MessagePage("Please try again", FormExpired().message, kForbidden)});
  }
  const auto step =
      oauth_.authorization.Decide(request, in.browser(), in.decision() == "allow", call.context());
  if (step.ok()) {
    call.Note(NoteOf(*step));
    return AnswerAs<v1::ConsentResponse>(Show(*step, request, in.browser()));
  }
  const int status = PageStatus(step.error());
  if (status == 0) return step.error();
  return AnswerAs<v1::ConsentResponse>(
      {.page = MessagePage("This link is broken", step.error().message, status)});
}

Result<PageAnswer> OAuthHandler::ShowDevice(const std::string& user_code,
                                            const std::string& browser_token,
                                            const rpc::Call& call) {
  // Only who is signed in may try codes.
  ASSIGN_OR_RETURN(const auto browser, oauth_.browsers.Find(browser_token, call.context()));
  if (!browser) return AskDeviceToSignIn(user_code, browser_token, {}, {}, 200);
  const std::string form_token = oauth_.browsers.FormToken(browser_token);
  if (user_code.empty())
    return PageAnswer{.page = UserCodePage({}, {{"form_token", form_token}}, 200)};
  const auto question = oauth_.devices.Find(user_code, call.context());
  if (question.ok()) {
    return PageAnswer{
        .page = DevicePage(*question, browser->account,
                           {{"form_token", form_token}, {"user_code", question->user_code}})};
  }
  const int status = PageStatus(question.error());
  if (status == 0) return question.error();
  return PageAnswer{
      .page = UserCodePage(question.error().message, {{"form_token", form_token}}, status)};
}

Result<v1::OpenDevicePageResponse> OAuthHandler::OpenDevicePage(
    const rpc::Call& call, const v1::OpenDevicePageRequest& in) {
  RETURN_IF_ERROR(IsOn());
  ASSIGN_OR_RETURN(PageAnswer answer, ShowDevice(in.user_code(), in.browser(), call));
  return AnswerAs<v1::OpenDevicePageResponse>(std::move(answer));
}

Result<v1::DecideDeviceResponse> OAuthHandler::DecideDevice(const rpc::Call& call,
                                                            const v1::DecideDeviceRequest& in) {
  RETURN_IF_ERROR(IsOn());
  const auto show = [](Page page) {
    return AnswerAs<v1::DecideDeviceResponse>({.page = std::move(page)});
  };
  call.Note({.entered = false});
  if (!oauth_.browsers.IsFormToken(in.form_token(), in.browser()))
    return show(MessagePage("Please try again", FormExpired().message, kForbidden));
  ASSIGN_OR_RETURN(const auto browser, oauth_.browsers.Find(in.browser(), call.context()));
  if (!browser || in.decision().empty()) {
    return AnswerAs<v1::DecideDeviceResponse>({.location = DevicePath(in.user_code())});
  }
  const bool allowed = in.decision() == "allow";
  const auto decided = oauth_.devices.Decide(in.user_code(), allowed, *browser, call.context());
  if (!decided.ok()) {
    const int status = PageStatus(decided.error());
    if (status == 0) return decided.error();
    return show(MessagePage("That came too late", decided.error().message, status));
  }
  call.Note(NoteOf(allowed, decided->client, browser->account));
  return show(allowed ? MessagePage("Done", "Your device is signed in: go back to it.", 200)
                      : MessagePage("Denied", "Nobody was let in.", 200));
}

}  // namespace marquee::auth
