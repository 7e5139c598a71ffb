// What a follower keeps of each movie, over the change from one log to another.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace marquee::movies {

// While the catalogue is read from its beginning, what was known before stands beside it, until all
// of it has come. Not thread-safe.
template <typename Value>
class MovieMap {
 public:
  using Map = std::unordered_map<std::int64_t, Value>;

  void Begin() { coming_.emplace(); }
  void Put(std::int64_t movie_id, Value value) {
    (coming_ ? *coming_ : known_).insert_or_assign(movie_id, std::move(value));
  }
  void Remove(std::int64_t movie_id) { (coming_ ? *coming_ : known_).erase(movie_id); }
  void Complete() {
    if (!coming_) return;
    known_ = *std::move(coming_);
    coming_.reset();
  }

  // Whether no other log is being read: what is put and removed is known at once.
  bool whole() const { return !coming_; }
  bool Contains(std::int64_t movie_id) const {
    return known_.contains(movie_id) || (coming_ && coming_->contains(movie_id));
  }
  // What is known as a whole; empty until Complete() for the first time.
  const Map& known() const { return known_; }

 private:
  Map known_;
  std::optional<Map> coming_;
};

}  // namespace marquee::movies
