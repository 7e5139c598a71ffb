#include "auth/rpc/caller_check.h"

#include "auth/app/sessions.h"

namespace marquee::auth {

rpc::CallerCheck CheckAgainst(Sessions& sessions) {
  return [&sessions](const CallContext& call) -> Result<Caller> {
    Caller caller = call.caller;
    ASSIGN_OR_RETURN(const Account account,
                     sessions.Holder(caller.session_id, caller.user_id, call));
    caller.roles = Names(account.roles);
    return caller;
  };
}

}  // namespace marquee::auth
