// What a summary says about how a data set was read: notes of what was understood and how, hints at
// why rows were left out. Each has a key for programs and a sentence for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace marquee::ctl {

namespace note {
inline constexpr std::string_view kNoYear = "no_year";
inline constexpr std::string_view kNoGenres = "no_genres";
inline constexpr std::string_view kArticles = "articles_moved";
inline constexpr std::string_view kGenresRepeated = "genres_repeated";
inline constexpr std::string_view kYearDiffers = "year_differs";
inline constexpr std::string_view kGenresSeparated = "genres_separated";
inline constexpr std::string_view kGenresList = "genres_list";
inline constexpr std::string_view kChildrens = "childrens";
inline constexpr std::string_view kWindows1252 = "windows_1252";
inline constexpr std::string_view kWholeDecimals = "whole_decimals";
inline constexpr std::string_view kDecimalCommas = "decimal_commas";
inline constexpr std::string_view kDates = "dates";
inline constexpr std::string_view kFractions = "fractions_of_seconds";
inline constexpr std::string_view kRatedAt = "rated_at";
inline constexpr std::string_view kNoTime = "no_time";
inline constexpr std::string_view kNotLinked = "not_linked";
}  // namespace note

namespace hint {
inline constexpr std::string_view kMilliseconds = "times_in_milliseconds";
inline constexpr std::string_view kMicroseconds = "times_in_microseconds";
inline constexpr std::string_view kNanoseconds = "times_in_nanoseconds";
inline constexpr std::string_view kFuture = "times_in_the_future";
inline constexpr std::string_view kBefore1970 = "times_before_1970";
inline constexpr std::string_view kOtherDates = "dates_of_another_form";
inline constexpr std::string_view kScaleOfTen = "scale_1_to_10";
inline constexpr std::string_view kScaleOfHundred = "scale_1_to_100";
inline constexpr std::string_view kZero = "ratings_of_0";
inline constexpr std::string_view kNoHalfStars = "no_half_stars";
inline constexpr std::string_view kIdsAreText = "ids_are_text";
inline constexpr std::string_view kOwnIds = "ids_of_accounts";
inline constexpr std::string_view kQuoted = "values_quoted";
inline constexpr std::string_view kScientific = "rounded_by_a_spreadsheet";
inline constexpr std::string_view kUnquotedSeparator = "separator_unquoted";
inline constexpr std::string_view kEncoding = "another_encoding";
inline constexpr std::string_view kNotJsonLines = "no_json_lines";
inline constexpr std::string_view kMoviesMissing = "movies_missing";
inline constexpr std::string_view kMoviesLeftOut = "movies_left_out";
inline constexpr std::string_view kNoRows = "no_rows";
}  // namespace hint

// "3 movies without a year"; the key itself for an unknown one.
std::string DescribeNote(std::string_view key, std::uint64_t count);
// "the times look like milliseconds: divide them by 1,000".
std::string_view DescribeHint(std::string_view key);

}  // namespace marquee::ctl
