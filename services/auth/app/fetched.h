// A value that somebody else has, kept for a while.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

// Fetched when it is first needed and again when it is `most_age` old, by one caller at a time;
// those who wait for another's attempt share its outcome, and for `cool_down` after an attempt there
// is no other. A value that can't be fetched again goes on being used. Thread-safe.
template <typename T>
class Fetched {
 public:
  using Value = std::shared_ptr<const T>;
  // Must keep to the call's deadline.
  using Source = std::function<Result<T>(const CallContext& call)>;

  Fetched(Source source, const Clock& clock, std::chrono::seconds cool_down,
          std::chrono::seconds most_age)
      : source_(std::move(source)), clock_(clock), cool_down_(cool_down), most_age_(most_age) {}

  // The source's error, or DeadlineExceeded, where there never was a value.
  Result<Value> Get(const CallContext& call) {
    const Known known = Look();
    if (known.value && clock_.Now() - known.fetched_at < most_age_) return known.value;
    return FetchAfter(known.value, call);
  }

  // A younger one than `seen`, if that can be had now; else the same.
  Result<Value> GetAfter(const Value& seen, const CallContext& call) {
    const Known known = Look();
    if (known.value != seen) return known.value;
    return FetchAfter(seen, call);
  }

 private:
  struct Known {
    Value value = {};
    Time fetched_at{};
    std::optional<Time> attempted_at = {};  // when the last attempt ended
    Error error = {};                       // the last one
  };
  Known Look() {
    const std::lock_guard lock(mutex_);
    return known_;
  }
  static Result<Value> ValueOrError(const Known& known) {
    if (known.value) return known.value;
    return known.error;
  }

  Result<Value> FetchAfter(const Value& seen, const CallContext& call) {
    constexpr Time::duration kMostWait = std::chrono::seconds{30};
    const std::unique_lock fetching(
        fetching_, std::min<Time::duration>(call.deadline - clock_.Now(), kMostWait));
    const Known known = Look();
    if (!fetching.owns_lock()) {
      if (known.value) return known.value;
      return Error::DeadlineExceeded("fetch_late", "There is no time left.");
    }
    const bool lately = known.attempted_at && clock_.Now() - *known.attempted_at < cool_down_;
    if (known.value != seen || lately) return ValueOrError(known);
    auto fetched = source_(call);
    const std::lock_guard lock(mutex_);
    known_.attempted_at = clock_.Now();
    if (fetched.ok()) {
      known_.fetched_at = *known_.attempted_at;
      known_.value = std::make_shared<const T>(*std::move(fetched));
    } else {
      known_.error = std::move(fetched).error();
    }
    return ValueOrError(known_);
  }

  const Source source_;
  const Clock& clock_;
  const std::chrono::seconds cool_down_;
  const std::chrono::seconds most_age_;
  std::timed_mutex fetching_;  // held while the source is asked
  std::mutex mutex_;           // guards what follows
  Known known_;
};

}  // namespace marquee::auth
