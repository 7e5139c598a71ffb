#include "movies/movie_record.h"

#include <charconv>

#include "marquee/events/v1/events.pb.h"

namespace marquee::movies {
namespace {

Error Undecodable(const char* what) { return Error::InvalidArgument("undecodable", what); }

template <typename Message>
bool Parse(std::string_view value, Message& message) {
  return message.ParseFromArray(value.data(), static_cast<int>(value.size()));
}

}  // namespace

std::string KeyOf(std::int64_t movie_id) { return std::to_string(movie_id); }

std::string Encode(const MovieRecord& record) {
  events::v1::MovieRecord message;
  message.set_movie_id(record.movie_id);
  message.set_title(record.title);
  message.set_year(record.year);
  for (const auto& genre : record.genres) message.add_genres(genre);
  message.set_rating_count(record.rating_count);
  message.set_half_stars(record.half_stars);
  return message.SerializeAsString();
}

std::string Encode(const Totals& totals) {
  events::v1::CatalogueRecord message;
  message.set_rating_count(totals.rating_count);
  message.set_half_stars(totals.half_stars);
  message.set_prior_ratings(totals.prior_ratings);
  return message.SerializeAsString();
}

Result<std::int64_t> DecodeKey(std::string_view key) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc{} || end != key.data() + key.size() || id < 1)
    return Error::InvalidArgument("key_invalid", "the key is no movie id");
  return id;
}

Result<MovieRecord> DecodeMovie(std::int64_t movie_id, std::string_view value) {
  events::v1::MovieRecord message;
  if (!Parse(value, message)) return Undecodable("not a MovieRecord");
  if (message.movie_id() != movie_id)
    return Error::InvalidArgument("key_mismatch", "the record is another movie's");
  return MovieRecord{.movie_id = message.movie_id(),
                     .title = message.title(),
                     .year = message.year(),
                     .genres = {message.genres().begin(), message.genres().end()},
                     .rating_count = message.rating_count(),
                     .half_stars = message.half_stars()};
}

Result<Totals> DecodeTotals(std::string_view value) {
  events::v1::CatalogueRecord message;
  if (!Parse(value, message)) return Undecodable("not a CatalogueRecord");
  return Totals{.rating_count = message.rating_count(),
                .half_stars = message.half_stars(),
                .prior_ratings = message.prior_ratings()};
}

}  // namespace marquee::movies
