#include "ctl/domain/genres.h"

#include <optional>

#include "base/text.h"

namespace marquee::ctl {
namespace {

void SplitInto(std::string_view text, char separator, std::vector<std::string>& names) {
  for (;;) {
    const auto at = text.find(separator);
    if (const auto name = Trimmed(text.substr(0, at)); !name.empty()) names.emplace_back(name);
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

// A list of texts, or of objects with a "name", as JSON or Python writes it.
class ListParser {
 public:
  explicit ListParser(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> Parse() {
    std::vector<std::string> names;
    if (!Take('[')) return std::nullopt;
    if (!Take(']')) {
      do {
        auto name = Peek() == '{' ? Object() : Text();
        if (!name) return std::nullopt;
        names.push_back(std::move(*name));
      } while (Take(','));
      if (!Take(']')) return std::nullopt;
    }
    Blanks();
    if (at_ != text_.size()) return std::nullopt;
    return names;
  }

 private:
  void Blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  char Peek() {
    Blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  std::optional<std::string> Text() {
    const char quote = Peek();
    if (quote != '"' && quote != '\'') return std::nullopt;
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return value;
      }
      if (c == '\\') {
        // A genre needs no other escapes; "\u00e9" is for a list that isn't guessed at.
        if (++at_ >= text_.size() ||
            std::string_view("\\'\"/").find(text_[at_]) == std::string_view::npos)
          return std::nullopt;
      }
      value += text_[at_];
    }
    return std::nullopt;
  }

  // The value of "name"; other members are texts or numbers.
  std::optional<std::string> Object() {
    std::optional<std::string> name;
    if (!Take('{')) return std::nullopt;
    do {
      const auto key = Text();
      if (!key || !Take(':')) return std::nullopt;
      if (const char next = Peek(); next == '"' || next == '\'') {
        auto value = Text();
        if (!value) return std::nullopt;
        if (*key == "name") name = std::move(value);
      } else {
        const auto digits = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
        if (at_ == digits) return std::nullopt;
      }
    } while (Take(','));
    if (!Take('}')) return std::nullopt;
    return name;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Genres ParseGenres(std::string_view text) {
  text = Trimmed(text);
  if (text.empty() || text == "(no genres listed)" || text == "\\N" || text == "null" ||
      text == "[]") {
    return {};
  }
  Genres genres;
  if (text.front() == '[' || text.front() == '{') {
    auto names = ListParser(text).Parse();
    if (!names) return {GenreForm::kUnknown};
    genres = {GenreForm::kList, std::move(*names)};
  } else if (text.find('|') != std::string_view::npos) {
    genres.form = GenreForm::kPipes;
    SplitInto(text, '|', genres.names);
  } else if (const auto at = text.find_first_of(",;"); at != std::string_view::npos) {
    genres.form = GenreForm::kSeparated;
    SplitInto(text, text[at], genres.names);
  } else {
    genres = {GenreForm::kPipes, {std::string(text)}};
  }
  return genres;
}

}  // namespace marquee::ctl
