// For tests of services.
#pragma once

#include <grpcpp/support/status.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "rpc/idempotency.h"
#include "rpc/status.h"

namespace marquee::rpc {

// Keys in memory, by the contract of PostgreSQL's store (libs/idempotency has its own tests).
class MemoryKeys final : public IdempotencyStore {
 public:
  Result<KeyClaim> Claim(const KeyedCall& call, std::chrono::milliseconds,
                         const CallContext&) override {
    const std::lock_guard lock(mutex_);
    if (down) return Error::Unavailable("database_unavailable", "The database can't be reached.");
    auto& entry = entries_[call.id];
    const auto state = entry.fingerprint.empty()               ? KeyClaim::State::kOurs
                       : entry.fingerprint != call.fingerprint ? KeyClaim::State::kOtherRequest
                       : entry.answer                          ? KeyClaim::State::kAnswered
                       : entry.claimed                         ? KeyClaim::State::kInProgress
                                                               : KeyClaim::State::kOurs;
    if (state == KeyClaim::State::kOurs) {
      entry.fingerprint = call.fingerprint;
      entry.claimed = true;
    }
    return KeyClaim{state, entry.answer.value_or(""), Time{std::chrono::seconds{1}}};
  }
  Result<std::optional<std::string>> FindAnswer(const KeyedCall& call,
                                                const CallContext&) override {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(call.id);
    if (found == entries_.end() || found->second.fingerprint != call.fingerprint)
      return std::optional<std::string>();
    return found->second.answer;
  }
  Status Keep(const KeyedCall& call, std::string_view answer, const CallContext&) override {
    const std::lock_guard lock(mutex_);
    entries_[call.id].answer = std::string(answer);
    return {};
  }
  Status Release(const KeyedCall& call, bool undone, const CallContext&) override {
    const std::lock_guard lock(mutex_);
    if (undone) {
      entries_.erase(call.id);
    } else {
      entries_[call.id].claimed = false;
    }
    return {};
  }
  std::string Everything() {  // as a thief of the table would have it
    std::string all;
    for (const auto& [id, entry] : entries_)
      all += id + entry.fingerprint + entry.answer.value_or("");
    return all;
  }
  std::atomic<bool> down = false;

 private:
  struct Entry {
    std::string fingerprint = {};
    std::optional<std::string> answer = {};
    bool claimed = false;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

// "OK", or the error as text: "NOT_FOUND reason (field)".
inline std::string Said(const grpc::Status& status) {
  if (status.ok()) return "OK";
  const auto error = FromGrpc(status);
  return std::string(Name(error.code)) + " " + error.reason +
         (error.field.empty() ? "" : " (" + error.field + ")");
}

}  // namespace marquee::rpc
