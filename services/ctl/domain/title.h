// Titles as MovieLens, IMDb and those who copied them write them.
#pragma once

#include <string>
#include <string_view>

namespace marquee::ctl {

struct SplitTitle {
  std::string title;           // without the year
  int year = 0;                // 0: the title has none
  bool article_moved = false;  // in front of the title, or of an alternative one
};

// Takes the year out of a title and puts moved articles back:
//   "Matrix, The (1999)"                                   → "The Matrix", 1999
//   "City of Lost Children, The (Cité des enfants perdus, La) (1995)"
//                                                           → "The City of Lost Children (La Cité
//                                                              des enfants perdus)", 1995
//   "Fawlty Towers (1975-1979)"                            → "Fawlty Towers", 1975
//   "The Slow Train (2003) (V)"                            → "The Slow Train (V)", 2003
// The year is the last of the brackets at the end that holds a year of 1850 to 2200 alone, or a
// range ("1975–79", "2009–"), or IMDb's "1999/II"; all else of the title stays. An article is a
// word of kArticles (title.cpp) behind the last comma of the title itself, or of an alternative
// title in brackets, with or without "a.k.a.".
SplitTitle TakeTitleApart(std::string_view text);

}  // namespace marquee::ctl
