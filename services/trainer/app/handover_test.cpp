// The models of before, on their way to the registry.
#include "trainer/app/handover.h"

#include <gtest/gtest.h>

#include <fstream>
#include <mutex>

#include "trainer/testing/fakes.h"
#include "trainer/testing/names.h"

namespace marquee::trainer {
namespace {

constexpr HandoverOptions kSoonAgain{.retry = std::chrono::milliseconds{5}};

class RowsOfBefore final : public ModelsOfBefore {
 public:
  void Add(const std::string& model, std::int64_t version, const std::string& file) {
    Row row;
    row.version.model = model;
    row.version.version = version;
    row.file = file;
    row.evaluation_file = file + ".evaluation";
    rows_.push_back(row);
  }
  Result<std::vector<Row>> NotTakenOver(const CallContext&) override {
    const std::lock_guard lock(mutex_);
    return rows_;
  }
  Status MarkTakenOver(const std::string& model, std::int64_t version,
                       const CallContext&) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(rows_, [&](const Row& row) {
      return row.version.model == model && row.version.version == version;
    });
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<Row> rows_;
};

class HandoverTest : public ::testing::Test {
 protected:
  // Waits until it is done; gives up after ten seconds.
  static bool Await(const Handover& handover) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!handover.Done().ok() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return handover.Done().ok();
  }

  RowsOfBefore before_;
  testing::FakeRegistry registry_;
  TemporaryFolder folder_;
  metrics::Metrics metrics_;
};

TEST_F(HandoverTest, WithNothingOfBeforeItIsDoneAtOnce) {
  const Handover handover(before_, registry_, "/nonexistent", metrics_, kSoonAgain);
  EXPECT_TRUE(Await(handover));
  EXPECT_TRUE(registry_.kept().empty());
}

TEST_F(HandoverTest, HandsOverVersionsWithTheFilesThatAreStillThere) {
  before_.Add(kRanking, 1, "ranking-run-1");
  before_.Add(kRanking, 2, "ranking-run-2");
  for (const auto* file : {"ranking-run-2", "ranking-run-2.evaluation"})
    std::ofstream(folder_.path() / file) << "model";
  const Handover handover(before_, registry_, folder_.path(), metrics_, kSoonAgain);
  ASSERT_TRUE(Await(handover));
  const auto kept = registry_.kept();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].version.version, 1);
  EXPECT_TRUE(kept[0].file.empty()) << "lost";
  EXPECT_EQ(kept[1].file, folder_.path() / "ranking-run-2");
  EXPECT_EQ(kept[1].evaluation_file, folder_.path() / "ranking-run-2.evaluation");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "ranking-run-2")) << "it stays";
  EXPECT_NE(metrics_.Text().find("marquee_trainer_models_to_hand_over 0"), std::string::npos);
}

TEST_F(HandoverTest, TriesAgainUntilTheRegistryIsThere) {
  before_.Add(kRating, 1, "rating-run-1");
  registry_.FailNext(3, Error::Unavailable("unavailable", "It isn't up yet."));
  const Handover handover(before_, registry_, folder_.path(), metrics_, kSoonAgain);
  EXPECT_TRUE(Await(handover));
  EXPECT_EQ(registry_.kept().size(), 1U);
}

TEST_F(HandoverTest, ANumberThatIsTakenIsNoReasonToWaitForEver) {
  before_.Add(kRating, 1, "rating-run-1");
  before_.Add(kRating, 2, "rating-run-2");
  registry_.FailNext(1, Error::AlreadyExists("model_version_taken", "Another one's."));
  const Handover handover(before_, registry_, folder_.path(), metrics_, kSoonAgain);
  EXPECT_TRUE(Await(handover));
  EXPECT_EQ(registry_.kept().size(), 1U);
}

}  // namespace
}  // namespace marquee::trainer
