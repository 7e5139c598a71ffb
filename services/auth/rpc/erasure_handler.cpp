#include "auth/rpc/erasure_handler.h"

#include "auth/rpc/convert.h"
#include "base/page_token.h"

namespace marquee::auth {
namespace {

// Pending and all are different lists.
std::string ListName(bool pending) { return pending ? "erasures?pending" : "erasures"; }

std::int64_t ToMicroseconds(Time time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

ErasureHandler::ErasureHandler(Erasures& erasures) : erasures_(erasures) {
  Register(this, &ErasureHandler::GetErasure);
  Register(this, &ErasureHandler::ListErasures);
  Register(this, &ErasureHandler::DeleteUser);
  Register(this, &ErasureHandler::RepeatErasures);
}

Result<v1::GetErasureResponse> ErasureHandler::GetErasure(const rpc::Call& call,
                                                          const v1::GetErasureRequest& request) {
  ASSIGN_OR_RETURN(const Erasure erasure, erasures_.Get(request.erasure_id(), call.context()));
  v1::GetErasureResponse response;
  ToProto(erasure, *response.mutable_erasure());
  return response;
}

Result<v1::ListErasuresResponse> ErasureHandler::ListErasures(
    const rpc::Call& call, const v1::ListErasuresRequest& request) {
  const std::string list = ListName(request.pending());
  std::optional<ErasureKey> before;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, (DecodeTypedPageToken<std::int64_t, std::int64_t>(
                                         list, request.page_token())));
    before = ErasureKey{Time{std::chrono::microseconds{std::get<0>(key)}}, std::get<1>(key)};
  }
  ASSIGN_OR_RETURN(const ErasurePage page,
                   erasures_.List(before, request.pending(), request.page_size(), call.context()));
  v1::ListErasuresResponse response;
  for (const auto& erasure : page.erasures) {
    auto& entry = *response.add_erasures();
    ToProto(erasure, *entry.mutable_erasure());
    entry.set_user_id(erasure.user_id);
    entry.set_requested_by(erasure.requested_by);
  }
  if (page.next) {
    response.set_next_page_token(
        EncodeTypedPageToken(list, ToMicroseconds(page.next->requested_at), page.next->user_id));
  }
  return response;
}

Result<v1::DeleteUserResponse> ErasureHandler::DeleteUser(const rpc::Call& call,
                                                          const v1::DeleteUserRequest& request) {
  return WithErasure<v1::DeleteUserResponse>(erasures_.Delete(request.user_id(), call.context()));
}

Result<v1::RepeatErasuresResponse> ErasureHandler::RepeatErasures(
    const rpc::Call& call, const v1::RepeatErasuresRequest&) {
  ASSIGN_OR_RETURN(const std::int64_t count, erasures_.Repeat(call.context()));
  v1::RepeatErasuresResponse response;
  response.set_count(count);
  return response;
}

}  // namespace marquee::auth
