// auth believes its own tables, not tokens: an administrator who was demoted, a deleted account and
// an ended session are known here at once.
#pragma once

#include "rpc/call.h"

namespace marquee::auth {

class ApiKeys;
class Sessions;

// Both outlive what is returned.
rpc::CallerCheck CheckAgainst(Sessions& sessions, ApiKeys& api_keys);

}  // namespace marquee::auth
