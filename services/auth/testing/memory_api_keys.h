// API keys in memory, for tests, beside accounts of any store.
#pragma once

#include <map>
#include <mutex>

#include "auth/domain/api_key_repository.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

class MemoryApiKeys final : public ApiKeyRepository {
 public:
  explicit MemoryApiKeys(AccountRepository& accounts) : accounts_(accounts) {}

  Result<ApiKey> Add(const ApiKey& key, const std::string& hash, int most,
                     const CallContext& call) override;
  Result<std::vector<ApiKey>> ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                     const CallContext& call) override;
  Status Remove(std::int64_t user_id, const std::string& id, const CallContext& call) override;
  Result<ApiKey> Replace(std::int64_t user_id, const std::string& id, const std::string& hash,
                         std::optional<Time> previous_until, const CallContext& call) override;
  Result<HeldApiKey> Held(const std::string& id, const CallContext& call) override;
  Status NoteUse(const std::string& id, Time now, const std::string& address, Time unless_since,
                 const CallContext& call) override;

  int uses_noted() const { return uses_noted_; }

 private:
  struct Stored {
    ApiKey key;
    ApiKeyHashes hashes;
  };
  Stored* Of(std::int64_t user_id, const std::string& id);

  AccountRepository& accounts_;
  std::mutex mutex_;
  std::int64_t next_number_ = 1;
  int uses_noted_ = 0;
  std::map<std::string, Stored> keys_;
};

}  // namespace marquee::auth
