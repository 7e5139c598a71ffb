#include "auth/rpc/export_handler.h"

#include <charconv>

#include "auth/rpc/convert.h"
#include "base/page_token.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

constexpr int kPage = 200;
// What a page token goes on with.
constexpr char kSessions[] = "sessions";
constexpr char kApiKeys[] = "api-keys";

std::string ListName(std::int64_t user_id) { return "export:" + std::to_string(user_id); }

}  // namespace

ExportHandler::ExportHandler(Accounts& accounts, Sessions& sessions, ApiKeys& api_keys,
                             std::string then)
    : accounts_(accounts), sessions_(sessions), api_keys_(api_keys), then_(std::move(then)) {
  Register(this, &ExportHandler::ExportAccount);
}

Result<v1::ExportAccountResponse> ExportHandler::ExportAccount(
    const rpc::Call& call, const v1::ExportAccountRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  const Person person{user_id, call.caller().session_id};
  v1::ExportAccountResponse response;
  std::string stage = kSessions, after, more;
  if (request.page_token().empty()) {
    ASSIGN_OR_RETURN(const Account account, accounts_.Get(person, call.context()));
    ToProto(account, *response.add_lines()->mutable_account());
  } else {
    ASSIGN_OR_RETURN(const auto key, (DecodeTypedPageToken<std::string, std::string>(
                                         ListName(user_id), request.page_token())));
    std::tie(stage, after) = key;
  }
  if (stage == kSessions) {
    ASSIGN_OR_RETURN(more, AddSessions(person, after, call.context(), response));
    after.clear();
  } else if (stage != kApiKeys) {
    return PageTokenRefused();
  }
  if (more.empty()) {
    stage = kApiKeys;
    ASSIGN_OR_RETURN(more, AddApiKeys(person, after, call.context(), response));
  }
  response.set_link(NextLink(
      "/v1/me/export",
      more.empty() ? std::string() : EncodeTypedPageToken(ListName(user_id), stage, more), then_));
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
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), number);
  if (!after.empty() && (error != std::errc() || end != after.data() + after.size()))
    return PageTokenRefused();
  ASSIGN_OR_RETURN(const ApiKeyPage page, api_keys_.List(person.user_id, number, kPage, call));
  for (const auto& key : page.keys) ToProto(key, *out.add_lines()->mutable_api_key());
  return page.next == 0 ? std::string() : std::to_string(page.next);
}

}  // namespace marquee::auth
