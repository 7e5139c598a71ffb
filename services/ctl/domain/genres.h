// Genres in the forms in which tables have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace marquee::ctl {

enum class GenreForm {
  kNone,       // empty, "(no genres listed)", "\N", "null", "[]"
  kPipes,      // Drama|Comedy, or one genre
  kSeparated,  // Drama, Comedy   Drama;Comedy
  kList,       // ["Drama", "Comedy"]   ['Drama', 'Comedy']   [{'id': 18, 'name': 'Drama'}]
  kUnknown,    // anything else in brackets: numbers, objects without a name, an open list
};

struct Genres {
  GenreForm form = GenreForm::kNone;
  std::vector<std::string> names{};  // without surrounding blanks; none when unknown
};

Genres ParseGenres(std::string_view text);

}  // namespace marquee::ctl
