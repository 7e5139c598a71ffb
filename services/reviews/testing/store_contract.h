// What every store of reviews must do. A fixture gives `reviews()` on an empty store, and
// says by Missing() what it lacks to do so, or null.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <thread>

#include "reviews/domain/ports.h"

namespace marquee::reviews {

template <typename Fixture>
class ReviewContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
  }
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};
  static constexpr std::int64_t kTop = std::int64_t{1} << 62;

  ReviewRepository& reviews() { return fixture_->reviews(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  NewReview New(std::int64_t movie_id, std::int64_t user_id, const std::string& text = "Fine.") {
    return {movie_id, user_id, "Ada", *ReviewText::Make(text), now_};
  }
  Review Add(std::int64_t movie_id, std::int64_t user_id, const std::string& text = "Fine.") {
    auto review = reviews().Create(New(movie_id, user_id, text), Soon());
    EXPECT_TRUE(review.ok()) << review.error().ToString();
    return *std::move(review);
  }

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(ReviewContract);

TYPED_TEST_P(ReviewContract, KeepsAReviewAsItWasWritten) {
  const std::string text = "'; DROP TABLE reviews; --\n\tÄ 😀 \\ \" {}";
  const Review review = this->Add(3, 1000000001, text);
  EXPECT_GT(review.review_id, 0);
  EXPECT_EQ(review.movie_id, 3);
  EXPECT_EQ(review.user_id, 1000000001);
  EXPECT_EQ(review.author, "Ada");
  EXPECT_EQ(review.text, text);
  EXPECT_EQ(review.created_at, this->now_);
  EXPECT_EQ(review.updated_at, this->now_);
  EXPECT_EQ(*this->reviews().Find(review.review_id, this->Soon()), review);
}

TYPED_TEST_P(ReviewContract, KeepsTheLongestReview) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "é";
  EXPECT_EQ(this->Add(1, 1, text).text, text);
}

TYPED_TEST_P(ReviewContract, IsFoundByTheOperationThatWroteIt) {
  auto review = this->New(1, 7, "Good.");
  review.operation = Uuid::V7(this->now_);
  const auto first = this->reviews().Create(review, this->Soon());
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  const auto again = this->reviews().Create(review, this->Soon());
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_EQ(again->review_id, first->review_id);
  review.operation = Uuid::V7(this->now_);
  EXPECT_EQ(this->reviews().Create(review, this->Soon()).error().reason, "review_exists");
}

TYPED_TEST_P(ReviewContract, HasOneForEachPersonAndMovie) {
  this->Add(1, 1);
  this->Add(1, 2);
  this->Add(2, 1);
  const auto again = this->reviews().Create(this->New(1, 1), this->Soon());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().reason, "review_exists");
}

TYPED_TEST_P(ReviewContract, TakesOneOfManyWrittenAtOnce) {
  std::atomic<int> made = 0, refused = 0;
  {
    std::latch start(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        const auto review = this->reviews().Create(this->New(1, 1), this->Soon());
        if (review.ok()) ++made;
        if (!review.ok() && review.error().reason == "review_exists") ++refused;
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 7);
}

TYPED_TEST_P(ReviewContract, ChangesTheTextOnly) {
  const Review review = this->Add(1, 1);
  const auto later = this->now_ + std::chrono::hours{1};
  const auto changed =
      this->reviews().Update(review.review_id, *ReviewText::Make("Changed."), later, this->Soon());
  ASSERT_TRUE(changed.ok());
  Review expected = review;
  expected.text = "Changed.";
  expected.updated_at = later;
  EXPECT_EQ(*changed, expected);
  EXPECT_EQ(*this->reviews().Find(review.review_id, this->Soon()), expected);
}

TYPED_TEST_P(ReviewContract, DeletesSoThatAnotherCanBeWritten) {
  const Review review = this->Add(1, 1);
  EXPECT_TRUE(this->reviews().Delete(review.review_id, this->Soon()).ok());
  EXPECT_EQ(this->reviews().Find(review.review_id, this->Soon()).error().reason, "review_unknown");
  EXPECT_NE(this->Add(1, 1).review_id, review.review_id);
}

TYPED_TEST_P(ReviewContract, SaysWhenThereIsNone) {
  EXPECT_EQ(this->reviews().Find(4711, this->Soon()).error().code, Code::kNotFound);
  EXPECT_EQ(
      this->reviews().Update(4711, *ReviewText::Make("x"), this->now_, this->Soon()).error().code,
      Code::kNotFound);
  EXPECT_EQ(this->reviews().Delete(4711, this->Soon()).error().code, Code::kNotFound);
  EXPECT_TRUE(this->reviews().List(1, this->kTop, 10, this->Soon())->empty());
}

TYPED_TEST_P(ReviewContract, ListsAMoviesReviewsLatestFirst) {
  std::vector<Review> all;
  for (int user = 1; user <= 5; ++user) {
    all.insert(all.begin(), this->Add(1, user));
    this->Add(2, user);
  }
  EXPECT_EQ(*this->reviews().List(1, this->kTop, 10, this->Soon()), all);
  const auto page = this->reviews().List(1, all[1].review_id, 2, this->Soon());
  EXPECT_EQ(*page, (std::vector{all[2], all[3]}));
}

TYPED_TEST_P(ReviewContract, ListsAPersonsReviewsByMovie) {
  std::vector<Review> all;
  for (int movie = 1; movie <= 4; ++movie) {
    this->Add(movie, 2);
    all.push_back(this->Add(movie, 1));
  }
  EXPECT_EQ(*this->reviews().ListOf(1, 0, 10, this->Soon()), all);
  EXPECT_EQ(*this->reviews().ListOf(1, 1, 2, this->Soon()), (std::vector{all[1], all[2]}));
  EXPECT_TRUE(this->reviews().ListOf(1, 4, 2, this->Soon())->empty());
}

REGISTER_TYPED_TEST_SUITE_P(ReviewContract, KeepsAReviewAsItWasWritten, KeepsTheLongestReview,
                            HasOneForEachPersonAndMovie, IsFoundByTheOperationThatWroteIt,
                            TakesOneOfManyWrittenAtOnce, ChangesTheTextOnly,
                            DeletesSoThatAnotherCanBeWritten, SaysWhenThereIsNone,
                            ListsAMoviesReviewsLatestFirst, ListsAPersonsReviewsByMovie);

}  // namespace marquee::reviews
