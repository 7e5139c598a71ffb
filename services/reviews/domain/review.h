// What someone wrote about a movie.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::reviews {

class ReviewText {
 public:
  // 1 to 10,000 characters, without the white space around them; lines end in LF. InvalidArgument
  // "text_missing", "text_too_long" or "text_malformed" (text).
  static Result<ReviewText> Make(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  explicit ReviewText(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct Review {
  std::int64_t review_id = 0;
  std::int64_t movie_id = 0;
  std::int64_t user_id = 0;
  std::string author;  // the name that they had when they wrote it
  std::string text;
  Time created_at;
  Time updated_at;

  friend bool operator==(const Review&, const Review&) = default;
};

// Who wants to do something, as their access token says.
struct Person {
  std::int64_t user_id = 0;
  bool curates = false;  // a curator or administrator
};

// PermissionDenied "not_the_author".
Status MayEdit(const Person& person, const Review& review);
Status MayDelete(const Person& person, const Review& review);

// What a review is signed with by someone of that display name, which may be empty.
std::string AuthorOf(std::string_view display_name);

}  // namespace marquee::reviews
