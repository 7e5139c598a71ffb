#include "trainer/app/movie_contents.h"

namespace marquee::trainer {

std::shared_ptr<const models::Content> MovieContents::Get() {
  const std::lock_guard lock(mutex_);
  return std::make_shared<const models::Content>(movies_.known().begin(), movies_.known().end());
}

void MovieContents::Begin() {
  const std::lock_guard lock(mutex_);
  movies_.Begin();
}

void MovieContents::Put(const movies::MovieRecord& movie, std::string_view) {
  const std::lock_guard lock(mutex_);
  movies_.Put(movie.movie_id, {movie.genres, movie.year});
}

void MovieContents::Remove(std::int64_t movie_id) {
  const std::lock_guard lock(mutex_);
  movies_.Remove(movie_id);
}

void MovieContents::Complete(const movies::Totals&) {
  const std::lock_guard lock(mutex_);
  movies_.Complete();
}

}  // namespace marquee::trainer
