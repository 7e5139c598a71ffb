// Calls for tests.
#pragma once

#include "base/call_context.h"

namespace marquee {

inline const CallContext kNoDeadline(Time::max());

}  // namespace marquee
