// Where erasures are looked up. They come to be by AccountRepository::Delete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/domain/erasure.h"
#include "base/call_context.h"
#include "base/result.h"

namespace marquee::auth {

// Errors beside those named: Unavailable, DeadlineExceeded and the like. Thread-safe.
class ErasureRepository {
 public:
  virtual ~ErasureRepository() = default;
  // With the confirmations that there are. NotFound "erasure_unknown".
  virtual Result<Erasure> Find(const std::string& erasure_id, const CallContext& call) = 0;
  // The latest first, those before the key; `pending`: only those that aren't complete.
  virtual Result<std::vector<Erasure>> List(const std::optional<ErasureKey>& before, bool pending,
                                            int limit, const CallContext& call) = 0;
  // Has all be carried out again: none of them is published, confirmed or complete then. Returns
  // how many there are.
  virtual Result<std::int64_t> Repeat(const CallContext& call) = 0;
};

}  // namespace marquee::auth
