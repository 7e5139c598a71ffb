#include "ctl/domain/title.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.h"

namespace marquee::ctl {
namespace {

constexpr int kLeastYear = 1850;
constexpr int kMostYear = 2200;

// Spelled as titles spell them: with a capital letter. English ones are taken in any.
constexpr std::array<std::string_view, 45> kArticles = {
    "The", "A",   "An",                                             // English
    "Le",  "La",  "Les", "L'",  "L’",   "Un", "Une", "Des",         // French
    "Der", "Die", "Das", "Ein", "Eine",                             // German
    "El",  "Los", "Las", "Una", "Uno",  "Lo", "Il",  "I",   "Gli",  // Spanish, Italian
    "O",   "Os",  "As",  "Um",  "Uma",                              // Portuguese
    "De",  "Het", "Een", "'t",                                      // Dutch
    "Den", "Det", "En",  "Ett", "Et",                               // Danish, Norwegian, Swedish
    "Az",  "Egy", "Ha",  "Hoi", "To",   "Da"};  // Hungarian, Hebrew, Greek; "Da Hip Hop Witch"

// Words of other meanings, too: "You, Me, I" and "Live, Love, Die" are lists. Behind the only comma
// of a title they are taken for articles.
constexpr std::array<std::string_view, 10> kDoubtful = {"I",  "Die", "As", "O",  "De",
                                                        "En", "To",  "Da", "Ha", "Os"};

// Before an alternative title.
constexpr std::array<std::string_view, 6> kAlsoKnownAs = {"a.k.a. ", "a.k.a ", "aka ",
                                                          "A.K.A. ", "AKA ",   "or "};

std::optional<std::string_view> ArticleOf(std::string_view word) {
  for (const auto article : kArticles) {
    if (word == article) return word;
  }
  const std::string lower = AsciiLower(word);
  if (lower == "the" || lower == "a" || lower == "an") return word;
  return std::nullopt;
}

// "Matrix, The" → "The Matrix"; all else as it is.
std::string ArticleFirst(std::string_view text) {
  const auto comma = text.rfind(',');
  if (comma == std::string_view::npos || comma == 0) return std::string(text);
  const auto before = Trimmed(text.substr(0, comma));
  const auto article = ArticleOf(Trimmed(text.substr(comma + 1)));
  if (!article || before.empty()) return std::string(text);
  const bool doubtful = std::find(kDoubtful.begin(), kDoubtful.end(), *article) != kDoubtful.end();
  if (doubtful && before.find(',') != std::string_view::npos) return std::string(text);
  std::string title(*article);
  if (!title.ends_with('\'') && !title.ends_with("’")) title += ' ';
  return title.append(before);
}

// The first year of "1975", "1975-1979", "1975–79", "2009-", "1999/II".
std::optional<int> YearIn(std::string_view text) {
  text = Trimmed(text);
  int year = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, year);
  if (error != std::errc{} || end != text.data() + 4) return std::nullopt;
  if (year < kLeastYear || year > kMostYear) return std::nullopt;
  std::string_view rest = Trimmed(text.substr(4));
  if (rest.empty()) return year;
  const bool roman =
      rest.size() > 1 && rest[0] == '/' && rest.find_first_not_of("IVXL", 1) == rest.npos;
  if (roman) return year;
  for (const std::string_view dash : {"-", "–", "—", "‑", "−"}) {
    if (!rest.starts_with(dash)) continue;
    rest = Trimmed(rest.substr(dash.size()));
    const bool digits = rest.find_first_not_of("0123456789") == rest.npos;
    if (digits && (rest.empty() || rest.size() == 2 || rest.size() == 4)) return year;
  }
  return std::nullopt;
}

// Where the bracket that ends `text` begins; npos when none does, or when it belongs to a word, as
// in "Frontière(s)".
std::size_t LastBracket(std::string_view text) {
  if (!text.ends_with(')')) return std::string_view::npos;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0)
      return i == 0 || text[i - 1] == ' ' ? i : std::string_view::npos;
  }
  return std::string_view::npos;
}

std::string Alternative(std::string_view text) {
  for (const auto prefix : kAlsoKnownAs) {
    if (text.starts_with(prefix))
      return std::string(prefix) + ArticleFirst(text.substr(prefix.size()));
  }
  return ArticleFirst(text);
}

}  // namespace

SplitTitle TakeTitleApart(std::string_view text) {
  text = Trimmed(text);
  SplitTitle result;
  std::vector<std::string_view> brackets;  // what is in them, the last first
  std::string_view name = text;
  bool year_found = false;
  for (;;) {
    const auto at = LastBracket(name);
    if (at == std::string_view::npos) break;
    const std::string_view before = Trimmed(name.substr(0, at));
    if (before.empty()) break;  // "(500)" is the title
    const std::string_view inside = name.substr(at + 1, name.size() - at - 2);
    if (const auto year = YearIn(inside); year && !year_found) {
      result.year = *year;
      year_found = true;
    } else {
      brackets.push_back(inside);
    }
    name = before;
  }
  const auto add = [&](std::string_view before, std::string_view part, const std::string& put) {
    result.article_moved = result.article_moved || put != part;
    result.title.append(before).append(put);
  };
  add("", name, ArticleFirst(name));
  for (auto it = brackets.rbegin(); it != brackets.rend(); ++it) {
    add(" (", *it, Alternative(*it));
    result.title += ')';
  }
  return result;
}

}  // namespace marquee::ctl
