#include "registry/app/artefact_folder.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

#include "registry/testing/fakes.h"

namespace marquee::registry {
namespace {

class ArtefactFolderTest : public ::testing::Test {
 protected:
  void Put(const std::string& file, const std::string& text = "x") {
    std::ofstream(temporary_.path() / file) << text;
  }
  testing::TemporaryFolder temporary_;
  ArtefactFolder folder_{temporary_.path()};
};

TEST_F(ArtefactFolderTest, NamesFilesAfterModelAndRun) {
  EXPECT_EQ(ArtefactFolder::FileName("ranking", 7, ArtefactKind::kServed),
            "ranking-run-7.safetensors");
  EXPECT_EQ(ArtefactFolder::FileName("ranking", 7, ArtefactKind::kEvaluation),
            "ranking-run-7.evaluation.safetensors");
  EXPECT_EQ(ArtefactFolder::FileName("rating", 7, ArtefactKind::kCard), "rating-run-7.card.json");
}

TEST_F(ArtefactFolderTest, CheckMakesTheFolderOrSaysWhyNot) {
  const ArtefactFolder fresh(temporary_.path() / "a" / "b");
  EXPECT_TRUE(fresh.Check().ok());
  EXPECT_TRUE(std::filesystem::is_directory(temporary_.path() / "a" / "b"));
  Put("file");
  const ArtefactFolder impossible(temporary_.path() / "file" / "below");
  EXPECT_EQ(impossible.Check().error().reason, "artefact_folder_unavailable");
}

TEST_F(ArtefactFolderTest, WhatCanOnlyBeReadIsStillHandedOut) {
  Put("ranking-run-1.safetensors", "abc");
  EXPECT_TRUE(folder_.CheckReadable().ok());
  std::filesystem::permissions(
      temporary_.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_TRUE(folder_.CheckReadable().ok());
  if (geteuid() != 0) {  // root may write all the same
    EXPECT_EQ(folder_.Check().error().reason, "artefact_folder_unavailable");
  }
  std::filesystem::permissions(temporary_.path(), std::filesystem::perms::owner_all);
}

TEST_F(ArtefactFolderTest, CardIsWrittenWholeAndLeavesNoTemporaryFile) {
  ASSERT_TRUE(folder_.SaveCard("rating-run-1.card.json", "{}").ok());
  EXPECT_EQ(temporary_.Files(), std::vector<std::string>{"rating-run-1.card.json"});
}

TEST_F(ArtefactFolderTest, ReadsInChunksAndStopsWhenTold) {
  Put("ranking-run-1.safetensors", "abcdefg");
  std::vector<std::string> chunks;
  ASSERT_TRUE(folder_
                  .Read("ranking-run-1.safetensors", 3,
                        [&](std::string chunk) -> Status {
                          chunks.push_back(std::move(chunk));
                          return {};
                        })
                  .ok());
  EXPECT_EQ(chunks, (std::vector<std::string>{"abc", "def", "g"}));
  int calls = 0;
  const auto stopped = folder_.Read("ranking-run-1.safetensors", 3, [&](std::string) -> Status {
    ++calls;
    return Error::Cancelled("cancelled", "Enough.");
  });
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(folder_.Read("gone", 3, {}).error().reason, "artefact_missing");
}

TEST_F(ArtefactFolderTest, RemovesARunAndNothingElse) {
  for (const auto* file : {"ranking-run-1.safetensors", "ranking-run-1.safetensors.tmp-9",
                           "ranking-run-10.safetensors", "notes.txt"})
    Put(file);
  folder_.RemoveRun(1);
  EXPECT_EQ(temporary_.Files(),
            (std::vector<std::string>{"notes.txt", "ranking-run-10.safetensors"}));
}

TEST_F(ArtefactFolderTest, SweepsWhatEndedRunsHaveLeft) {
  for (const auto* file :
       {"ranking-run-1.safetensors", "ranking-run-1.card.json",
        "ranking-run-1.evaluation.safetensors",                         // registered
        "ranking-run-2.safetensors", "rating-run-2.card.json.partial",  // ended, not registered
        "ranking-run-3.safetensors",                                    // running
        "ranking-run-4.safetensors",                                    // another database's
        "ranking-run-x.safetensors", "readme"})
    Put(file);
  const auto swept = folder_.Sweep(
      [](std::int64_t run) -> Result<std::optional<bool>> {
        if (run == 4) return std::optional<bool>{};
        return std::optional(run != 3);
      },
      []() -> Result<std::vector<std::string>> {
        return std::vector<std::string>{"ranking-run-1.safetensors",
                                        "ranking-run-1.evaluation.safetensors"};
      });
  EXPECT_EQ(swept.value_or(-1), 2);
  EXPECT_EQ(temporary_.Files(),
            (std::vector<std::string>{
                "ranking-run-1.card.json", "ranking-run-1.evaluation.safetensors",
                "ranking-run-1.safetensors", "ranking-run-3.safetensors",
                "ranking-run-4.safetensors", "ranking-run-x.safetensors", "readme"}));
}

TEST_F(ArtefactFolderTest, SweepsNothingWhileTheRegistryIsAway) {
  Put("ranking-run-2.safetensors");
  const auto swept =
      folder_.Sweep([](std::int64_t) -> Result<std::optional<bool>> { return std::optional(true); },
                    []() -> Result<std::vector<std::string>> {
                      return Error::Unavailable("database_unavailable", "The database is away.");
                    });
  EXPECT_FALSE(swept.ok());
  EXPECT_EQ(temporary_.Files().size(), 1U);
}

}  // namespace
}  // namespace marquee::registry
