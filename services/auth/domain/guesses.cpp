#include "auth/domain/guesses.h"

#include <algorithm>
#include <cmath>

namespace marquee::auth {
namespace {

using Seconds = std::chrono::duration<double>;

// The level from which on waits are at their longest; it rises no higher, so that what was counted
// is forgotten in bounded time.
double Ceiling(const GuessRule& rule) {
  return rule.free + std::ceil(std::log2(static_cast<double>(rule.longest.count())));
}

// Rounded, so that what drains between two quick ones makes no difference.
std::chrono::seconds WaitAt(double level, const GuessRule& rule) {
  const double over = std::round(level) - rule.free;
  if (over < 0) return std::chrono::seconds{0};
  const double wait = std::exp2(over);
  return std::chrono::seconds{static_cast<std::chrono::seconds::rep>(
      std::min(wait, static_cast<double>(rule.longest.count())))};
}

}  // namespace

double LevelAt(const Guesses& guesses, const GuessRule& rule, Time now) {
  const double quiet = Seconds(std::max(now - guesses.counted_at, Time::duration{0})).count();
  return std::max(0.0, guesses.level - quiet / static_cast<double>(rule.forgets_one_in.count()));
}

Time DrainedAt(const Guesses& guesses, const GuessRule& rule) {
  return guesses.counted_at +
         std::chrono::ceil<std::chrono::seconds>(
             Seconds(guesses.level * static_cast<double>(rule.forgets_one_in.count())));
}

Guesses WithOneMore(const Guesses& guesses, const GuessRule& rule, Time now) {
  const double level = std::min(LevelAt(guesses, rule, now) + 1, Ceiling(rule));
  const auto wait = WaitAt(level, rule);
  return {.level = level, .counted_at = now, .retry_at = wait.count() > 0 ? now + wait : Time{}};
}

Guesses WithOneLess(const Guesses& guesses, const GuessRule& rule, Time now) {
  return {.level = std::max(0.0, LevelAt(guesses, rule, now) - 1),
          .counted_at = now,
          .retry_at = Time{}};
}

}  // namespace marquee::auth
