#include "auth/crypto/hash_gate.h"

#include <algorithm>
#include <tuple>

namespace marquee::auth {
namespace {

Error TooMany() {
  return Error::ResourceExhausted("too_many_sign_ins",
                                  "Too many sign-ins are under way from here: try again soon.");
}

Error Overloaded() {
  return Error::Unavailable("sign_ins_overloaded",
                            "Too many people are signing in at the moment: try again soon.");
}

}  // namespace

bool HashGate::TooManyOfOne(const Attempt& attempt) const {
  const auto full = [&](const std::map<std::string, Share>& shares, const std::string& name) {
    const auto found = shares.find(name);
    return found != shares.end() && found->second.waiting >= limits_.waiting_of_one;
  };
  return full(addresses_, attempt.address) || full(accounts_, attempt.account);
}

void HashGate::Begin(const Attempt& attempt) {
  ++running_;
  ++turn_;
  for (Share* share : {&addresses_[attempt.address], &accounts_[attempt.account]}) {
    ++share->running;
    share->last_turn = turn_;
  }
}

// The one whose address, and then account, has the fewest running, and had its last turn the
// longest ago.
std::list<HashGate::Waiter*>::iterator HashGate::Next() {
  return std::ranges::min_element(waiting_, {}, [this](const Waiter* waiter) {
    const Share& address = addresses_.at(waiter->attempt->address);
    const Share& account = accounts_.at(waiter->attempt->account);
    return std::tuple(address.running, address.last_turn, account.running, account.last_turn);
  });
}

void HashGate::Drop(std::map<std::string, Share>& shares, const std::string& name) {
  const auto found = shares.find(name);
  if (found->second.running == 0 && found->second.waiting == 0) shares.erase(found);
}

Status HashGate::Enter(const Attempt& attempt, Time deadline) {
  std::unique_lock lock(mutex_);
  if (running_ < limits_.running && waiting_.empty()) {
    Begin(attempt);
    return {};
  }
  if (TooManyOfOne(attempt)) return TooMany();
  if (static_cast<int>(waiting_.size()) >= limits_.waiting) return Overloaded();
  Waiter waiter{.attempt = &attempt, .came = {}};
  const auto place = waiting_.insert(waiting_.end(), &waiter);
  ++addresses_[attempt.address].waiting;
  ++accounts_[attempt.account].waiting;
  const auto until = std::min(deadline, SystemClock().Now() + limits_.patience);
  if (waiter.came.wait_until(lock, until, [&] { return waiter.ours; })) return {};
  waiting_.erase(place);
  --addresses_[attempt.address].waiting;
  --accounts_[attempt.account].waiting;
  Drop(addresses_, attempt.address);
  Drop(accounts_, attempt.account);
  return Overloaded();
}

void HashGate::Leave(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  --running_;
  --addresses_.at(attempt.address).running;
  --accounts_.at(attempt.account).running;
  if (!waiting_.empty()) {
    const auto next = Next();
    Waiter& waiter = **next;
    waiting_.erase(next);
    --addresses_.at(waiter.attempt->address).waiting;
    --accounts_.at(waiter.attempt->account).waiting;
    Begin(*waiter.attempt);
    waiter.ours = true;
    waiter.came.notify_one();
  }
  Drop(addresses_, attempt.address);
  Drop(accounts_, attempt.account);
}

}  // namespace marquee::auth
