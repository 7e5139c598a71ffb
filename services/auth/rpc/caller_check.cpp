#include "auth/rpc/caller_check.h"

#include "auth/app/api_keys.h"
#include "auth/app/sessions.h"

namespace marquee::auth {

rpc::CallerCheck CheckAgainst(Sessions& sessions, ApiKeys& api_keys) {
  return [&sessions, &api_keys](const CallContext& call) -> Result<Caller> {
    Caller caller = call.caller;
    if (!caller.api_key_id.empty()) {
      ASSIGN_OR_RETURN(const Roles roles, api_keys.Holder(caller.api_key_id, caller.user_id, call));
      caller.roles = Names(roles);
      return caller;
    }
    ASSIGN_OR_RETURN(const Account account,
                     sessions.Holder(caller.session_id, caller.user_id, call));
    caller.roles = Names(account.roles);
    return caller;
  };
}

}  // namespace marquee::auth
