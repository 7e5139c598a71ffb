#include "ctl/domain/dataset.h"

#include <charconv>
#include <cmath>

namespace marquee::ctl {
namespace {

bool IsYear(std::string_view text, int& year) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), year);
  return error == std::errc{} && end == text.data() + text.size() && year >= 1850 && year <= 2200;
}

}  // namespace

std::pair<std::string, int> SplitTitle(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  int year = 0;
  if (text.size() >= 6 && text.ends_with(')') && text[text.size() - 6] == '(') {
    int parsed = 0;
    if (IsYear(text.substr(text.size() - 5, 4), parsed)) {
      year = parsed;
      text.remove_suffix(6);
      while (text.ends_with(' ')) text.remove_suffix(1);
    }
  }
  for (const std::string_view article :
       {"The", "A", "An", "Les", "Le", "La", "L'", "Das", "Der", "Die", "El", "Il"}) {
    if (text.size() > article.size() + 2 && text.ends_with(article) &&
        text.substr(0, text.size() - article.size()).ends_with(", ")) {
      std::string title(article);
      if (article != "L'") title += ' ';
      title += text.substr(0, text.size() - article.size() - 2);
      return {std::move(title), year};
    }
  }
  return {std::string(text), year};
}

bool IsRatingValue(double value) {
  return value >= 0.5 && value <= 5.0 && std::floor(value * 2) == value * 2;
}

}  // namespace marquee::ctl
