// Genres and years of the movies, as marquee.movies.v1 says.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>

#include "movies/movie_feed.h"
#include "movies/movie_map.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

// Thread-safe.
class MovieContents final : public ContentSource, public movies::MovieSink {
 public:
  std::shared_ptr<const models::Content> Get() override;

  void Begin() override;
  void Put(const movies::MovieRecord& movie, std::string_view encoded) override;
  void Remove(std::int64_t movie_id) override;
  void Complete(const movies::Totals& totals) override;

 private:
  std::mutex mutex_;
  movies::MovieMap<models::ItemContent> movies_;
};

}  // namespace marquee::trainer
