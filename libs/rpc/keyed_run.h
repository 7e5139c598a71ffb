// Carries a call out at most once under its Idempotency-Key. For libs/rpc's own files.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "rpc/idempotency.h"

namespace google::protobuf {
class Message;
}

namespace marquee::rpc {

class Call;
struct MethodInfo;

class KeyedRun {
 public:
  // Does nothing beside the handler's work where `store` is null, the key empty, or the method one
  // that takes none. `subject` is the caller's, empty for the anonymous, who share one space of
  // keys. All outlive it.
  KeyedRun(IdempotencyStore* store, const MethodInfo& method, const std::string& subject,
           const std::string& key, const google::protobuf::Message* request,
           google::protobuf::Message* response);

  // Carries `body` out, or fills the response with the answer of before. FailedPrecondition
  // "idempotency_key_reused", Aborted "idempotency_key_in_use", or what the store or `body` say.
  Status Run(Call& call, const std::function<Status(const Call&)>& body);

  // For a caller who may no longer call: the answer that they had, if they had one. The session
  // that ended with the very call whose answer was lost, say.
  bool Replay(Call& call);

 private:
  Status Fill(const std::string& sealed, Call& call);
  void Settle(const Call& call, const Status& outcome);

  IdempotencyStore* store_ = nullptr;  // null: there is nothing to keep
  google::protobuf::Message* response_ = nullptr;
  KeyedCall keyed_;
  std::string sealing_key_;  // 32 bytes: of the key and the whole request
};

}  // namespace marquee::rpc
