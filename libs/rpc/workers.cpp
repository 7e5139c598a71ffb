#include "rpc/workers.h"

#include <pthread.h>

#include <utility>

namespace marquee::rpc {

Workers::Workers(int running, int waiting, metrics::Metrics& metrics)
    : most_running_(static_cast<std::size_t>(running)),
      most_waiting_(static_cast<std::size_t>(waiting)),
      refused_(metrics.AddCounter("marquee_rpc_overloaded_total",
                                  "Calls that were refused because too many waited before them")) {}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Sleeper* sleeper : asleep_) {
      sleeper->awake = true;
      sleeper->woken.notify_one();
    }
    asleep_.clear();
  }
  for (auto& thread : threads_) thread.join();
}

bool Workers::Post(Work work) {
  const std::lock_guard lock(mutex_);
  if (at_work_ + queue_.size() >= most_running_ + most_waiting_) {
    refused_.Increment();
    return false;
  }
  queue_.push_back(std::move(work));
  Summon();
  return true;
}

void Workers::Summon() {
  if (summoned_ || stopping_ || queue_.empty()) return;
  if (!asleep_.empty()) {
    Sleeper* sleeper = asleep_.back();
    asleep_.pop_back();
    sleeper->awake = true;
    sleeper->woken.notify_one();
  } else if (threads_.size() < most_running_) {
    threads_.emplace_back([this] { Run(); });
  } else {
    return;  // whoever is done next takes it
  }
  summoned_ = true;
}

void Workers::Run() {
  pthread_setname_np(pthread_self(), "rpc-worker");
  std::unique_lock lock(mutex_);
  summoned_ = false;
  while (true) {
    while (!queue_.empty()) {
      Work work = std::move(queue_.front());
      queue_.pop_front();
      ++at_work_;
      Summon();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
      --at_work_;
    }
    if (stopping_) return;
    Sleeper sleeper;
    asleep_.push_back(&sleeper);
    sleeper.woken.wait(lock, [&] { return sleeper.awake; });
    summoned_ = false;
  }
}

}  // namespace marquee::rpc
