#include "ctl/domain/notes.h"

#include <algorithm>
#include <array>

namespace marquee::ctl {
namespace {

struct Text {
  std::string_view key;
  std::string_view text;
};

constexpr std::array kNotes = {
    Text{note::kNoYear, "movies without a year"},
    Text{note::kNoGenres, "movies without genres"},
    Text{note::kArticles,
         "movies whose article was put in front: \"Matrix, The\" is \"The Matrix\""},
    Text{note::kGenresRepeated, "movies with a genre more than once, of which one is kept"},
    Text{note::kYearDiffers,
         "movies whose year differs from the one in their title: the column's was "
         "taken, the title left whole"},
    Text{note::kGenresSeparated, "movies whose genres were separated by commas or semicolons"},
    Text{note::kGenresList, "movies whose genres were written as a list"},
    Text{note::kChildrens, "movies whose genre \"Children's\" is called \"Children\" here"},
    Text{note::kWindows1252, "lines read as Windows-1252"},
    Text{note::kWholeDecimals, "whole numbers written with a decimal point"},
    Text{note::kDecimalCommas, "ratings written with a decimal comma"},
    Text{note::kDates, "times written as dates, taken as UTC where they don't say otherwise"},
    Text{note::kFractions, "times with fractions of a second, which were cut off"},
    Text{note::kRatedAt, "ratings without a time got the one of --rated-at"},
    Text{note::kNoTime, "ratings have no time: they count in no trend (--rated-at unknown)"},
    Text{note::kNotLinked,
         "movies of movies_metadata that no line of the links names, not needed"}};

constexpr std::array kHints = {
    Text{hint::kMilliseconds, "the times look like milliseconds: divide them by 1,000"},
    Text{hint::kMicroseconds, "the times look like microseconds: divide them by 1,000,000"},
    Text{hint::kNanoseconds, "the times look like nanoseconds: divide them by 1,000,000,000"},
    Text{hint::kFuture, "the times lie in the future"},
    Text{hint::kBefore1970, "the times lie before 1970"},
    Text{hint::kOtherDates,
         "the times are neither seconds since 1970 nor dates like 2005-09-06 or 2005-09-06 "
         "12:30:00"},
    Text{hint::kScaleOfTen, "is the scale 1 to 10? Divide the ratings by 2"},
    Text{hint::kScaleOfHundred, "is the scale 1 to 100? Divide the ratings by 20"},
    Text{hint::kZero, "a rating of 0 is often none: leave such lines out"},
    Text{hint::kNoHalfStars, "the ratings lie between half stars: round them to 0.5"},
    Text{hint::kIdsAreText, "the ids are text: number the users and movies, 1 to 999,999,999"},
    Text{hint::kOwnIds,
         "ids from 1,000,000,000 on are Marquee's own: number users and movies below"},
    Text{hint::kQuoted,
         "every value is quoted in a way that isn't the file's: take the quotes away"},
    Text{hint::kScientific,
         "numbers like 1.1E+09: a spreadsheet has rounded them, export them again"},
    Text{hint::kUnquotedSeparator,
         "lines have more fields than columns: quote fields that have a separator in them"},
    Text{hint::kEncoding, "the file isn't UTF-8: --encoding windows-1252 may be what it is"},
    Text{hint::kNotJsonLines,
         "JSON Lines are wanted, an object a line (pandas: to_json(…, orient=\"records\", "
         "lines=True))"},
    Text{hint::kMoviesMissing,
         "the ratings' movies aren't in the movies' file: do both belong together?"},
    Text{hint::kMoviesLeftOut, "the ratings' movies were left out themselves"},
    Text{hint::kNoRows, "there are no lines in it"}};

template <std::size_t N>
std::string_view Find(const std::array<Text, N>& texts, std::string_view key) {
  const auto* found =
      std::find_if(texts.begin(), texts.end(), [&](const Text& text) { return text.key == key; });
  return found == texts.end() ? key : found->text;
}

}  // namespace

std::string DescribeNote(std::string_view key, std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits + " " + std::string(Find(kNotes, key));
}

std::string_view DescribeHint(std::string_view key) { return Find(kHints, key); }

}  // namespace marquee::ctl
