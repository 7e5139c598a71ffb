// Moments to and from PostgreSQL, exactly: as whole microseconds, which is what timestamptz holds.
//
//   to:    timestamptz 'epoch' + $1 * interval '1 microsecond'
//   from:  (extract(epoch FROM created_at) * 1000000)::bigint
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace marquee::pg {

inline std::int64_t ToMicroseconds(Time time) {
  return std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
}

inline Time FromMicroseconds(std::int64_t microseconds) {
  return Time{std::chrono::microseconds{microseconds}};
}

}  // namespace marquee::pg
