// Wrong passwords and codes, and how long whoever sent them waits before the next is looked at
// (docs/adr/0605). A count drains with time like a leaky bucket, and one wait is bounded: nobody is
// shut out for good.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace marquee::auth {

struct GuessRule {
  int free = 0;                     // wrong ones in a row after which the waiting begins
  std::chrono::seconds longest{0};  // of one wait; the first is a second, each twice the last
  std::chrono::seconds forgets_one_in{0};  // of quiet
};

// One network at one account.
inline constexpr GuessRule kAccountRule{
    .free = 5, .longest = std::chrono::minutes{15}, .forgets_one_in = std::chrono::minutes{30}};
// All networks that an account doesn't know together: some hundred a day once the waits are at their
// longest, as NIST SP 800-63B (section 3.2.2) has it. More than one network may come to by itself.
inline constexpr GuessRule kStrangersRule{
    .free = 20, .longest = std::chrono::minutes{15}, .forgets_one_in = std::chrono::minutes{15}};
// A network at all accounts that don't know it: a household or an office may err more often, and
// whoever tries a few passwords at many accounts comes to one a minute.
inline constexpr GuessRule kNetworkRule{
    .free = 30, .longest = std::chrono::minutes{5}, .forgets_one_in = std::chrono::minutes{1}};

// What is kept of one account or network.
struct Guesses {
  double level = 0;  // wrong ones that still count, at that time
  Time counted_at = {};
  // None is looked at before. The epoch where there is no wait: a moment of now would, to who came
  // just before and had to wait for a lock, or by a clock that is behind, be a wait.
  Time retry_at = {};
};

double LevelAt(const Guesses& guesses, const GuessRule& rule, Time now);
// When nothing will be left of it.
Time DrainedAt(const Guesses& guesses, const GuessRule& rule);
// With one more, begun now and not yet known to be right: those that begin meanwhile wait for it,
// once waiting has begun.
Guesses WithOneMore(const Guesses& guesses, const GuessRule& rule, Time now);
// Without the one that was counted when it began: it was right, or couldn't be judged.
Guesses WithOneLess(const Guesses& guesses, const GuessRule& rule, Time now);

}  // namespace marquee::auth
