// A picture that somebody sends as a movie's poster.
#include "catalog/domain/poster.h"

#include "fuzz/must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto poster = marquee::catalog::CheckedPoster(std::string(TextOf(data, size)));
  if (!poster.ok()) {
    MUST(poster.error().code == marquee::Code::kInvalidArgument && poster.error().field == "image");
    return 0;
  }
  MUST(poster->content_type == "image/png" || poster->content_type == "image/jpeg" ||
       poster->content_type == "image/webp");
  MUST(poster->width >= 1 && poster->width <= marquee::catalog::kMaxPosterSide);
  MUST(poster->height >= 1 && poster->height <= marquee::catalog::kMaxPosterSide);
  MUST(poster->bytes == TextOf(data, size) && size <= marquee::catalog::kMaxPosterBytes);
  return 0;
}
