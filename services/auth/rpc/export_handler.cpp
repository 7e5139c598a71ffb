#include "auth/rpc/export_handler.h"

#include <array>
#include <charconv>

#include "auth/rpc/convert.h"
#include "base/page_token.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

constexpr int kPage = 200;

// The number that a list goes on with; 0: it begins.
Result<std::int64_t> NumberIn(const std::string& after) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), number);
  if (!after.empty() && (error != std::errc() || end != after.data() + after.size()))
    return PageTokenRefused();
  return number;
}

std::string AsText(std::int64_t next) { return next == 0 ? std::string() : std::to_string(next); }

std::string ListName(std::int64_t user_id) { return "export:" + std::to_string(user_id); }

}  // namespace

ExportHandler::ExportHandler(Accounts& accounts, Sessions& sessions, ApiKeys& api_keys,
                             OAuthClientRepository& clients, OAuthRepository& oauth, Audit& audit,
                             std::string then)
    : accounts_(accounts),
      sessions_(sessions),
      api_keys_(api_keys),
      clients_(clients),
      oauth_(oauth),
      audit_(audit),
      then_(std::move(then)) {
  Register(this, &ExportHandler::ExportAccount);
}

Result<v1::ExportAccountResponse> ExportHandler::ExportAccount(
    const rpc::Call& call, const v1::ExportAccountRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  const Person person{user_id, call.caller().session_id};
  v1::ExportAccountResponse response;
  // In this order; a page token goes on with one of them.
  static constexpr std::array kStages{&ExportHandler::AddSessions, &ExportHandler::AddApiKeys,
                                      &ExportHandler::AddApplications,
                                      &ExportHandler::AddAuditEntries};
  std::int64_t stage = 0;
  std::string after;
  if (request.page_token().empty()) {
    ASSIGN_OR_RETURN(const Account account, accounts_.Get(person, call.context()));
    ToProto(account, *response.add_lines()->mutable_account());
  } else {
    ASSIGN_OR_RETURN(const auto key, (DecodeTypedPageToken<std::int64_t, std::string>(
                                         ListName(user_id), request.page_token())));
    std::tie(stage, after) = key;
    if (stage < 0 || stage >= std::ssize(kStages)) return PageTokenRefused();
  }
  std::string next;
  for (; next.empty() && stage < std::ssize(kStages); ++stage) {
    const auto add = kStages.at(static_cast<std::size_t>(stage));
    ASSIGN_OR_RETURN(after, (this->*add)(person, after, call.context(), response));
    if (!after.empty()) next = EncodeTypedPageToken(ListName(user_id), stage, after);
  }
  response.set_link(NextLink("/v1/me/export", next, then_));
  return response;
}

Result<std::string> ExportHandler::AddSessions(const Person& person, const std::string& after,
                                               const CallContext& call,
                                               v1::ExportAccountResponse& out) {
  if (!after.empty() && !Uuid::Parse(after)) return PageTokenRefused();
  ASSIGN_OR_RETURN(const SessionPage page, sessions_.List(person.user_id, after, kPage, call));
  for (const auto& view : page.sessions) {
    auto& session = *out.add_lines()->mutable_session();
    ToProto(view, session);
    session.set_current(view.session.session_id == person.session_id);
  }
  return page.more ? page.sessions.back().session.session_id : std::string();
}

Result<std::string> ExportHandler::AddApiKeys(const Person& person, const std::string& after,
                                              const CallContext& call,
                                              v1::ExportAccountResponse& out) {
  ASSIGN_OR_RETURN(const std::int64_t number, NumberIn(after));
  ASSIGN_OR_RETURN(const ApiKeyPage page, api_keys_.List(person.user_id, number, kPage, call));
  for (const auto& key : page.keys) ToProto(key, *out.add_lines()->mutable_api_key());
  return AsText(page.next);
}

// As many as a person can have of them fit a page.
Result<std::string> ExportHandler::AddApplications(const Person& person, const std::string& after,
                                                   const CallContext& call,
                                                   v1::ExportAccountResponse& out) {
  if (!after.empty()) return PageTokenRefused();
  ASSIGN_OR_RETURN(const auto consents, oauth_.ConsentsOf(person.user_id, call));
  for (const auto& consent : consents) {
    auto& line = *out.add_lines()->mutable_consent();
    line.set_client_id(consent.client_id);
    line.set_name(consent.client_name);
    line.mutable_scopes()->Assign(consent.scopes.begin(), consent.scopes.end());
  }
  ASSIGN_OR_RETURN(const auto clients, clients_.ListOf(person.user_id, call));
  for (const auto& client : clients) ToProto(client, *out.add_lines()->mutable_oauth_client());
  return std::string();
}

Result<std::string> ExportHandler::AddAuditEntries(const Person& person, const std::string& after,
                                                   const CallContext& call,
                                                   v1::ExportAccountResponse& out) {
  ASSIGN_OR_RETURN(const std::int64_t before, NumberIn(after));
  ASSIGN_OR_RETURN(AuditPage page, audit_.List({.user_id = person.user_id}, before, kPage, call));
  const std::string self = std::to_string(person.user_id);
  for (auto& entry : page.entries) {
    // Where others were when they did it is theirs.
    if (!entry.actor.empty() && entry.actor != self) entry.address = entry.user_agent = {};
    ToProto(entry, *out.add_lines()->mutable_audit_entry());
  }
  return AsText(page.next);
}

}  // namespace marquee::auth
