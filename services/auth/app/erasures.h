// How far erasures are, and what administrators do about them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/domain/erasure_repository.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

struct ErasurePage {
  std::vector<Erasure> erasures;
  std::optional<ErasureKey> next = {};  // the last one's key when more follow
};

class Erasures {
 public:
  // `services`: who has to confirm.
  Erasures(AccountRepository& accounts, ErasureRepository& erasures,
           std::vector<std::string> services)
      : accounts_(accounts), erasures_(erasures), services_(std::move(services)) {}

  // Each with all who have confirmed or have yet to. NotFound "erasure_unknown".
  Result<Erasure> Get(const std::string& erasure_id, const CallContext& call);
  Result<ErasurePage> List(const std::optional<ErasureKey>& before, bool pending, int page_size,
                           const CallContext& call);
  // Somebody's account. NotFound "account_unknown", FailedPrecondition "last_administrator".
  Result<Erasure> Delete(std::int64_t user_id, const CallContext& call);
  Result<std::int64_t> Repeat(const CallContext& call) { return erasures_.Repeat(call); }

 private:
  Erasure WithAll(Erasure erasure) const;

  AccountRepository& accounts_;
  ErasureRepository& erasures_;
  const std::vector<std::string> services_;
};

}  // namespace marquee::auth
