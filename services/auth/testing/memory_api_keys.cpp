#include "auth/testing/memory_api_keys.h"

#include <algorithm>

#include "auth/store/errors.h"

namespace marquee::auth {
namespace {

Time Kept(Time time) {  // as precisely as PostgreSQL keeps it
  return std::chrono::floor<std::chrono::microseconds>(time);
}
std::optional<Time> Kept(std::optional<Time> time) {
  return time ? std::optional(Kept(*time)) : std::nullopt;
}

}  // namespace

MemoryApiKeys::Stored* MemoryApiKeys::Of(std::int64_t user_id, const std::string& id) {
  const auto found = keys_.find(id);
  return found == keys_.end() || found->second.key.user_id != user_id ? nullptr : &found->second;
}

Result<ApiKey> MemoryApiKeys::Add(const ApiKey& key, const std::string& hash, int most,
                                  const CallContext& call) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(accounts_.Find(key.user_id, call));
  const auto count = std::ranges::count_if(
      keys_, [&](const auto& entry) { return entry.second.key.user_id == key.user_id; });
  if (count >= most) return ApiKeysTooMany(most);
  ApiKey added = key;
  added.number = next_number_++;
  added.created_at = Kept(key.created_at);
  added.expires_at = Kept(key.expires_at);
  keys_[key.id] = {added, {hash, ""}};
  return added;
}

Result<std::vector<ApiKey>> MemoryApiKeys::ListOf(std::int64_t user_id, std::int64_t after,
                                                  int limit, const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<ApiKey> keys;
  for (const auto& [id, stored] : keys_) {
    if (stored.key.user_id == user_id && stored.key.number > after) keys.push_back(stored.key);
  }
  std::ranges::sort(keys, {}, &ApiKey::number);
  keys.resize(std::min(keys.size(), static_cast<std::size_t>(limit)));
  return keys;
}

Status MemoryApiKeys::Remove(std::int64_t user_id, const std::string& id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  if (Of(user_id, id) == nullptr) return ApiKeyUnknown();
  keys_.erase(id);
  return {};
}

Result<ApiKey> MemoryApiKeys::Replace(std::int64_t user_id, const std::string& id,
                                      const std::string& hash, std::optional<Time> previous_until,
                                      const CallContext&) {
  const std::lock_guard lock(mutex_);
  Stored* stored = Of(user_id, id);
  if (stored == nullptr) return ApiKeyUnknown();
  stored->hashes = {hash, previous_until ? stored->hashes.current : std::string()};
  stored->key.previous_expires_at = Kept(previous_until);
  return stored->key;
}

Result<HeldApiKey> MemoryApiKeys::Held(const std::string& id, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end()) return ApiKeyUnknown();
  const auto account = accounts_.Find(found->second.key.user_id, call);
  if (!account.ok()) {
    if (account.error().code != Code::kNotFound) return account.error();
    keys_.erase(found);
    return ApiKeyUnknown();
  }
  return HeldApiKey{found->second.key, found->second.hashes, account->roles, account->disabled};
}

Status MemoryApiKeys::NoteUse(const std::string& id, Time now, const std::string& address,
                              Time unless_since, const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end()) return {};
  ApiKey& key = found->second.key;
  if (key.last_used_at && *key.last_used_at > unless_since) return {};
  key.last_used_at = Kept(now);
  key.last_used_address = address;
  ++uses_noted_;
  return {};
}

}  // namespace marquee::auth
