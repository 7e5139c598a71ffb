#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/chain/exchange.h"
#include "gateway/chain/filter.h"

namespace marquee::gateway {
namespace {

// Writes down what it is asked, and does what the test says.
class Fake final : public Filter {
 public:
  using Work = std::function<Result<Step>(const ExchangePtr&)>;
  Fake(std::string name, std::vector<std::string>& seen, Work work = {})
      : name_(std::move(name)), seen_(seen), work_(std::move(work)) {}
  std::string_view name() const override { return name_; }
  Result<Step> Decode(const ExchangePtr& exchange) override {
    seen_.push_back(name_);
    return work_ ? work_(exchange) : Step::kContinue;
  }
  void Encode(Exchange&, http::Response& response) override {
    seen_.push_back("~" + name_);
    response.headers.push_back({"Passed", name_});
  }

 private:
  const std::string name_;
  std::vector<std::string>& seen_;
  const Work work_;
};

class ChainTest : public ::testing::Test {
 protected:
  void Add(const std::string& name, Fake::Work work = {}) {
    filters_.push_back(std::make_unique<Fake>(name, seen_, std::move(work)));
  }
  // The last filter of each: answers 200, or 500 to what was refused.
  void Finish() {
    Add("last", [](const ExchangePtr& exchange) -> Result<Step> {
      if (exchange->refused) {
        exchange->response.status = 500;
        exchange->response.body = exchange->refused->reason;
      }
      return Step::kContinue;
    });
    chain_.emplace(std::move(filters_));
  }
  ExchangePtr Start() {
    auto exchange = std::make_shared<Exchange>();
    exchange->respond = [this](http::Response response) {
      const std::lock_guard lock(mutex_);
      answers_.push_back(std::move(response));
      answered_.notify_all();
    };
    chain_->Start(exchange);
    return exchange;
  }
  http::Response Answer() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return !answers_.empty(); });
    return answers_.front();
  }
  std::size_t answers() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

  std::vector<std::string> seen_;
  std::vector<std::unique_ptr<Filter>> filters_;
  std::optional<Chain> chain_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::vector<http::Response> answers_;
};

using Names = std::vector<std::string>;

TEST_F(ChainTest, PassesEachFilterInOrderAndComesBackInReverse) {
  Add("a");
  Add("b");
  Finish();
  Start();
  EXPECT_EQ(seen_, (Names{"a", "b", "last", "~b", "~a"}));
  EXPECT_EQ(Answer().status, 200);
  EXPECT_EQ(Answer().headers[0].value, "b");
  EXPECT_EQ(chain_->names(), (std::vector<std::string_view>{"a", "b", "last"}));
}

TEST_F(ChainTest, GoesToTheLastFilterWithARefusal) {
  Add("a");
  Add("b", [](const ExchangePtr&) { return Error::InvalidArgument("no", "No."); });
  Add("c");
  Finish();
  Start();
  EXPECT_EQ(seen_, (Names{"a", "b", "last", "~b", "~a"}));
  EXPECT_EQ(Answer().body, "no");
}

TEST_F(ChainTest, LeavesTheAnswerOfAFilterAsItIs) {
  Add("a", [](const ExchangePtr& exchange) {
    exchange->response.status = 418;
    return Step::kAnswered;
  });
  Add("b");
  Finish();
  Start();
  EXPECT_EQ(seen_, (Names{"a", "last", "~a"}));
  EXPECT_EQ(Answer().status, 418);
}

TEST_F(ChainTest, WaitsForAFilterThatStopped) {
  ExchangePtr kept;
  Add("a", [&](const ExchangePtr& exchange) {
    kept = exchange;
    return Step::kStopIteration;
  });
  Add("b");
  Finish();
  Start();
  EXPECT_EQ(seen_, (Names{"a"}));
  EXPECT_EQ(answers(), 0U);
  std::thread other([&] { chain_->Continue(kept); });
  other.join();
  EXPECT_EQ(seen_, (Names{"a", "b", "last", "~b", "~a"}));
  EXPECT_EQ(answers(), 1U);
}

TEST_F(ChainTest, TakesAnAnswerThatComesBeforeTheFilterReturns) {
  Add("a", [&](const ExchangePtr& exchange) {
    chain_->Continue(exchange);
    return Step::kStopIteration;
  });
  Add("b", [&](const ExchangePtr& exchange) {
    std::thread other([&] { chain_->Refuse(exchange, Error::NotFound("late", "Late.")); });
    other.join();
    return Step::kStopIteration;
  });
  Add("c");
  Finish();
  Start();
  EXPECT_EQ(seen_, (Names{"a", "b", "last", "~b", "~a"}));
  EXPECT_EQ(Answer().body, "late");
  EXPECT_EQ(answers(), 1U);
}

TEST_F(ChainTest, AnswersWhateverThrows) {
  Add("a", [](const ExchangePtr&) -> Result<Step> { throw std::runtime_error("a bug"); });
  Finish();
  Start();
  EXPECT_EQ(Answer().status, 500);
  EXPECT_EQ(answers(), 1U);
}

TEST_F(ChainTest, AnswersEvenWhenTheLastOneFails) {
  Add("a");
  int tries = 0;
  Add("last", [&](const ExchangePtr&) -> Result<Step> {
    ++tries;
    throw std::runtime_error("a bug");
  });
  chain_.emplace(std::move(filters_));
  Start();
  EXPECT_EQ(Answer().status, 500);
  EXPECT_EQ(answers(), 1U);
  EXPECT_EQ(tries, 2) << "the second time to tell of the first";
}

TEST_F(ChainTest, CarriesManyAtOnceOverThreads) {
  // Each waits in two filters for other threads; under TSan this is the test of the hand-over.
  std::mutex mutex;
  std::vector<std::jthread> threads;
  const auto elsewhere = [&](const ExchangePtr& exchange) -> Result<Step> {
    const std::lock_guard lock(mutex);
    threads.emplace_back([this, exchange] {
      exchange->request.target += 'x';
      chain_->Continue(exchange);
    });
    return Step::kStopIteration;
  };
  class Plain final : public Filter {
   public:
    explicit Plain(Fake::Work work) : work_(std::move(work)) {}
    std::string_view name() const override { return "plain"; }
    Result<Step> Decode(const ExchangePtr& exchange) override { return work_(exchange); }

   private:
    Fake::Work work_;
  };
  filters_.push_back(std::make_unique<Plain>(elsewhere));
  filters_.push_back(std::make_unique<Plain>(elsewhere));
  filters_.push_back(std::make_unique<Plain>([](const ExchangePtr& exchange) -> Result<Step> {
    exchange->response.body = exchange->request.target;
    return Step::kContinue;
  }));
  chain_.emplace(std::move(filters_));
  constexpr std::size_t kMany = 200;
  for (std::size_t i = 0; i < kMany; ++i) Start();
  std::unique_lock lock(mutex_);
  answered_.wait(lock, [this] { return answers_.size() == kMany; });
  for (const auto& answer : answers_) EXPECT_EQ(answer.body, "xx");
  lock.unlock();
  // No thread starts another any more: the second of each has answered.
  const std::lock_guard all(mutex);
  threads.clear();
}

}  // namespace
}  // namespace marquee::gateway
