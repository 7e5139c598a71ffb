// What an Idempotency-Key promises (draft-ietf-httpapi-idempotency-key-header), once for all
// services: the same request under the same key is carried out once and answered alike, another
// request under it is refused, for 24 hours, over replicas and restarts. See docs/adr/0006.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace marquee::rpc {

// Whether calls of the method may carry a key: it has a REST route that isn't a GET, and isn't
// declared free of side effects (idempotency_level = NO_SIDE_EFFECTS).
bool TakesIdempotencyKey(const google::protobuf::MethodDescriptor& method);

// The rule for a key that a client chose, at the gateway's door and at each service's. None at all
// (an empty one) is good.
Status CheckIdempotencyKey(std::string_view key);
Error BadIdempotencyKey();  // InvalidArgument "bad_idempotency_key"

// A call as its key's keeper knows it. Neither the key nor anything of the request or the answer
// can be read from what is kept: who has the store has no key, and without it these are random
// bytes.
struct KeyedCall {
  std::string id;           // 32 bytes: of the caller and the key
  std::string fingerprint;  // 32 bytes: of the method and the request
};

struct KeyClaim {
  enum class State {
    kOurs,          // nobody else has the key: carry the call out, and say how it ended
    kAnswered,      // the same call was carried out before
    kInProgress,    // the same call is being carried out just now
    kOtherRequest,  // the key was used for something else
  };
  State state = State::kOurs;
  std::string answer = {};  // sealed; with kAnswered
  Time first_used = {};     // the same for every repetition
};

// Keeps what is known of keys. Thread-safe.
class IdempotencyStore {
 public:
  virtual ~IdempotencyStore() = default;
  // Takes the key for this call. Who takes it and is never heard of again holds it for `lease`.
  virtual Result<KeyClaim> Claim(const KeyedCall& call, std::chrono::milliseconds lease,
                                 const CallContext& context) = 0;
  // The answer that the same call was given, if it was; takes nothing.
  virtual Result<std::optional<std::string>> FindAnswer(const KeyedCall& call,
                                                        const CallContext& context) = 0;
  // It was carried out: this is its answer from now on.
  virtual Status Keep(const KeyedCall& call, std::string_view sealed_answer,
                      const CallContext& context) = 0;
  // It ended without an answer that will do. `undone`: nothing has happened, and the key is free
  // again, for any request; else the same request may be tried again, and no other.
  virtual Status Release(const KeyedCall& call, bool undone, const CallContext& context) = 0;
};

}  // namespace marquee::rpc
