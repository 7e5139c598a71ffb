#include "catalog/domain/poster.h"

#include <gtest/gtest.h>

#include "catalog/testing/pictures.h"

namespace marquee::catalog {
namespace {

std::string ReasonOf(std::string bytes) {
  const auto poster = CheckedPoster(std::move(bytes));
  return poster.ok() ? "(valid)" : poster.error().reason;
}

// Not operator+: GCC 12 warns of its inlined copy by mistake (array-bounds).
std::string Joined(std::string first, std::string_view second) {
  first.append(second);
  return first;
}

TEST(CheckedPoster, KnowsPicturesByTheirContent) {
  for (const auto& [bytes, type] :
       {std::pair{TinyPng(), "image/png"}, std::pair{TinyJpeg(), "image/jpeg"},
        std::pair{TinyWebp(), "image/webp"}, std::pair{TinyLosslessWebp(), "image/webp"}}) {
    const auto poster = CheckedPoster(bytes);
    ASSERT_TRUE(poster.ok()) << type << ": " << poster.error().ToString();
    EXPECT_EQ(poster->content_type, type);
    EXPECT_EQ(poster->width, 3) << type;
    EXPECT_EQ(poster->height, 2) << type;
    EXPECT_EQ(poster->bytes, bytes);
  }
}

TEST(CheckedPoster, RefusesEveryTruncation) {
  for (const std::string& whole : {TinyPng(), TinyJpeg(), TinyWebp()}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(ReasonOf(whole.substr(0, length)), "(valid)") << length << " of " << whole.size();
    }
  }
}

TEST(CheckedPoster, RefusesOtherContent) {
  EXPECT_EQ(ReasonOf(""), "poster_unsupported");
  EXPECT_EQ(ReasonOf("GIF89a"), "poster_unsupported");
  EXPECT_EQ(ReasonOf("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "poster_unsupported");
  EXPECT_EQ(ReasonOf(Joined(TinyPng().substr(0, 8), "<script>alert(1)</script>")),
            "poster_corrupt");
}

TEST(CheckedPoster, RefusesAHeaderThatWasChanged) {
  std::string png = TinyPng();
  png[19] ^= 1;  // the width: the CRC is wrong now
  EXPECT_EQ(ReasonOf(png), "poster_corrupt");
}

TEST(CheckedPoster, RefusesWhatFollowsTheEnd) {
  EXPECT_EQ(ReasonOf(Joined(TinyPng(), "<html>")), "poster_corrupt");
  EXPECT_EQ(ReasonOf(Joined(TinyJpeg(), "<html>")), "poster_corrupt");
  EXPECT_EQ(ReasonOf(Joined(TinyWebp(), "<html>")), "poster_corrupt");
}

TEST(CheckedPoster, RefusesDimensionsOfZeroAndBombs) {
  std::string jpeg = TinyJpeg();
  const auto frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg[frame + 5] = jpeg[frame + 6] = 0;
  EXPECT_EQ(ReasonOf(jpeg), "poster_dimensions");
  jpeg[frame + 5] = '\x7F';
  EXPECT_EQ(ReasonOf(jpeg), "poster_dimensions");
}

TEST(CheckedPoster, RefusesMoreThanTwoMebibytes) {
  EXPECT_EQ(ReasonOf(std::string(kMaxPosterBytes + 1, 'x')), "poster_too_large");
}

}  // namespace
}  // namespace marquee::catalog
