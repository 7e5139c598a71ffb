// A hash map in the order of use, for caches: whoever bounds it, by entries or by bytes, takes the
// least recently used out. Pointers to values stay good until their entry goes. Not thread-safe.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

namespace marquee {

template <typename Key, typename Value>
class LruMap {
 public:
  LruMap() = default;
  LruMap(const LruMap&) = delete;  // the index points into the list
  LruMap& operator=(const LruMap&) = delete;

  // The value, used now; nullptr when there is none.
  Value* Use(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  // The same, and it counts as no use.
  Value* Peek(const Key& key) {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->second;
  }
  const Value* Peek(const Key& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->second;
  }
  // Used now, in place of what was there.
  Value& Put(const Key& key, Value value) {
    Erase(key);
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }
  bool Erase(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return false;
    entries_.erase(found->second);
    index_.erase(found);
    return true;
  }
  // Those of which `gone(key, value)` is true; it sees each once.
  template <typename Gone>
  void EraseIf(Gone gone) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const auto next = std::next(entry);
      if (gone(entry->first, entry->second)) {
        index_.erase(entry->first);
        entries_.erase(entry);
      }
      entry = next;
    }
  }
  // The least recently used, out of the map. There must be one.
  std::pair<Key, Value> TakeOldest() {
    std::pair<Key, Value> oldest = std::move(entries_.back());
    index_.erase(oldest.first);
    entries_.pop_back();
    return oldest;
  }
  // The same, left where it is. There must be one.
  const std::pair<Key, Value>& Oldest() const { return entries_.back(); }
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  Entries entries_;  // the most recently used first
  std::unordered_map<Key, typename Entries::iterator> index_;
};

}  // namespace marquee
