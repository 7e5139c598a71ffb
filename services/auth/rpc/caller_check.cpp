#include "auth/rpc/caller_check.h"

#include "auth/app/sessions.h"

namespace marquee::auth {

rpc::CallerCheck CheckAgainst(Sessions& sessions) {
  return [&sessions](rpc::Caller caller, Time deadline) -> Result<rpc::Caller> {
    ASSIGN_OR_RETURN(const Account account,
                     sessions.Holder(caller.session_id, caller.user_id, deadline));
    caller.roles = Names(account.roles);
    return caller;
  };
}

}  // namespace marquee::auth
