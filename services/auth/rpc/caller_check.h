// auth believes its own tables, not tokens: an administrator who was demoted, a deleted account and
// an ended session are known here at once.
#pragma once

#include "rpc/call.h"

namespace marquee::auth {

class Sessions;

// `sessions` outlives what is returned.
rpc::CallerCheck CheckAgainst(Sessions& sessions);

}  // namespace marquee::auth
