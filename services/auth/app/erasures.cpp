#include "auth/app/erasures.h"

#include <algorithm>

namespace marquee::auth {

Erasure Erasures::WithAll(Erasure erasure) const {
  auto& confirmations = erasure.confirmations;
  // One that was complete before a service came to be stays so.
  if (!erasure.completed_at) {
    for (const auto& service : services_) {
      if (std::ranges::find(confirmations, service, &Confirmation::service) == confirmations.end())
        confirmations.push_back({service});
    }
  }
  std::ranges::sort(confirmations, {}, &Confirmation::service);
  return erasure;
}

Result<Erasure> Erasures::Get(const std::string& erasure_id, const CallContext& call) {
  ASSIGN_OR_RETURN(Erasure erasure, erasures_.Find(erasure_id, call));
  return WithAll(std::move(erasure));
}

Result<ErasurePage> Erasures::List(const std::optional<ErasureKey>& before, bool pending,
                                   int page_size, const CallContext& call) {
  constexpr int kDefaultPage = 50;
  const int limit = page_size > 0 ? page_size : kDefaultPage;
  ASSIGN_OR_RETURN(auto found, erasures_.List(before, pending, limit + 1, call));
  ErasurePage page;
  for (auto& erasure : found) {
    if (static_cast<int>(page.erasures.size()) == limit) {
      page.next = ErasureKey{page.erasures.back().requested_at, page.erasures.back().user_id};
      break;
    }
    page.erasures.push_back(WithAll(std::move(erasure)));
  }
  return page;
}

Result<Erasure> Erasures::Delete(std::int64_t user_id, const CallContext& call) {
  ASSIGN_OR_RETURN(Erasure erasure, accounts_.Delete(user_id, call));
  return WithAll(std::move(erasure));
}

}  // namespace marquee::auth
