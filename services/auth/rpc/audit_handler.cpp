#include "auth/rpc/audit_handler.h"

#include "auth/rpc/convert.h"
#include "base/page_token.h"
#include "tracing/trace.h"

namespace marquee::auth {
namespace {

// A token is good for the same filter alone.
std::string ListName(const v1::ListAuditEntriesRequest& request) {
  return "audit-entries?user_id=" + std::to_string(request.user_id()) +
         "&action=" + request.action();
}

}  // namespace

AuditHandler::AuditHandler(Audit& audit) : audit_(audit) {
  Register(this, &AuditHandler::ListAuditEntries);
}

Result<v1::ListAuditEntriesResponse> AuditHandler::ListAuditEntries(
    const rpc::Call& call, const v1::ListAuditEntriesRequest& request) {
  ASSIGN_OR_RETURN(const std::int64_t before,
                   DecodeLastSent(ListName(request), request.page_token()));
  ASSIGN_OR_RETURN(const AuditPage page, audit_.List({request.user_id(), request.action()}, before,
                                                     request.page_size(), call.context()));
  v1::ListAuditEntriesResponse response;
  for (const auto& entry : page.entries) ToProto(entry, *response.add_entries());
  if (page.next != 0)
    response.set_next_page_token(EncodeTypedPageToken(ListName(request), page.next));
  return response;
}

rpc::AuditSink AuditInto(Audit& audit) {
  return [&audit](const rpc::AuditedCall& audited) {
    const CallContext& call = audited.call;
    AuditEntry entry{.action = std::string(audited.action),
                     .code = "OK",
                     .actor = call.caller.subject,
                     .api_key_id = call.caller.api_key_id,
                     .client_id = audited.client_id,
                     .address = call.client_address,
                     .user_agent = call.user_agent};
    if (!audited.outcome.ok()) {
      entry.code = Name(audited.outcome.error().code);
      entry.reason = audited.outcome.error().reason;
    }
    if (const auto* trace = tracing::Current()) entry.trace_id = trace->trace_id;
    audit.Enter(std::move(entry), audited.about, call);
  };
}

}  // namespace marquee::auth
