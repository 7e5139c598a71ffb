#include "reviews/domain/review.h"

#include "base/text.h"

namespace marquee::reviews {
namespace {

constexpr std::size_t kMostCharacters = 10'000;

std::string WithLineFeeds(std::string_view text) {
  std::string lines;
  lines.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool crlf = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!crlf) lines += text[i];
  }
  return lines;
}

}  // namespace

Result<ReviewText> ReviewText::Make(std::string_view text) {
  const std::string lines = WithLineFeeds(Trimmed(text));
  if (lines.empty()) {
    return Error::InvalidArgument("text_missing", "A review says something.", "text");
  }
  if (CodePoints(lines) > kMostCharacters) {
    return Error::InvalidArgument("text_too_long", "A review has at most 10,000 characters.",
                                  "text");
  }
  if (HasControls(lines, true)) {
    return Error::InvalidArgument("text_malformed", "A review is plain text.", "text");
  }
  return ReviewText(lines);
}

Status MayEdit(const Person& person, const Review& review) {
  if (person.user_id == review.user_id) return {};
  return Error::PermissionDenied("not_the_author", "Only its author may change a review.");
}

Status MayDelete(const Person& person, const Review& review) {
  if (person.curates || person.user_id == review.user_id) return {};
  return Error::PermissionDenied("not_the_author",
                                 "Only its author or a curator may delete a review.");
}

std::string AuthorOf(std::string_view display_name) {
  return display_name.empty() ? "Anonymous" : std::string(display_name);
}

}  // namespace marquee::reviews
