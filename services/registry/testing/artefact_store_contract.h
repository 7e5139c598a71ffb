// What every implementation of ArtefactStore must do: a typed suite, as in
// version_store_contract.h. A fixture type gives artefacts().
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/calls.h"
#include "registry/domain/ports.h"
#include "registry/testing/deliveries.h"

namespace marquee::registry::testing {

template <typename Fixture>
class ArtefactStoreContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Fixture::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
    fixture_ = std::make_unique<Fixture>();
  }
  ArtefactStore& artefacts() { return fixture_->artefacts(); }

  std::filesystem::path File(const std::string& bytes) {
    const auto path = folder_.path() / "file";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::vector<std::string> Chunks(const std::string& id) {
    std::vector<std::string> chunks;
    const auto read = artefacts().Read(id, kNoDeadline, [&](std::string chunk) -> Status {
      chunks.push_back(std::move(chunk));
      return {};
    });
    EXPECT_TRUE(read.ok()) << read.error().ToString();
    return chunks;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(ArtefactStoreContract);

TYPED_TEST_P(ArtefactStoreContract, GivesBackWhatItTookInChunks) {
  std::string bytes(kChunkBytes, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(this->artefacts().Put("a", this->File(bytes + bytes + "end"), kNoDeadline).ok());
  EXPECT_EQ(this->Chunks("a"), (std::vector<std::string>{bytes, bytes, "end"}));
  const auto identity = this->artefacts().Identify("a", kNoDeadline);
  ASSERT_TRUE(identity.ok() && identity->has_value());
  EXPECT_EQ((*identity)->bytes, static_cast<std::int64_t>(2 * kChunkBytes + 3));
  EXPECT_EQ(this->artefacts().Identify("a", kNoDeadline).value(), *identity)
      << "the same as long as nobody …";
}

TYPED_TEST_P(ArtefactStoreContract, ReadingStopsWhenTold) {
  ASSERT_TRUE(
      this->artefacts().Put("a", this->File(std::string(kChunkBytes + 1, 'x')), kNoDeadline).ok());
  int calls = 0;
  const auto stopped = this->artefacts().Read("a", kNoDeadline, [&](const std::string&) -> Status {
    ++calls;
    return Error::Cancelled("cancelled", "Enough.");
  });
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  EXPECT_EQ(calls, 1);
}

TYPED_TEST_P(ArtefactStoreContract, WhatIsNotThereIsMissing) {
  EXPECT_FALSE(this->artefacts().Identify("a", kNoDeadline)->has_value());
  EXPECT_EQ(this->artefacts()
                .Read("a", kNoDeadline, [](const std::string&) -> Status { return {}; })
                .error()
                .reason,
            "artefact_missing");
  EXPECT_TRUE(this->artefacts().Remove("a", kNoDeadline).ok());
  EXPECT_FALSE(this->artefacts().Put("a", this->folder_.path() / "no-such-file", kNoDeadline).ok());
  EXPECT_FALSE(this->artefacts().Identify("a", kNoDeadline)->has_value())
      << "nothing of it is there";
}

TYPED_TEST_P(ArtefactStoreContract, RemovesOneAndLeavesTheOthers) {
  ASSERT_TRUE(this->artefacts().Put("a", this->File("one"), kNoDeadline).ok());
  ASSERT_TRUE(this->artefacts().Put("b", this->File("two"), kNoDeadline).ok());
  ASSERT_TRUE(this->artefacts().Remove("a", kNoDeadline).ok());
  EXPECT_FALSE(this->artefacts().Identify("a", kNoDeadline)->has_value());
  EXPECT_EQ(this->Chunks("b"), std::vector<std::string>{"two"});
}

TYPED_TEST_P(ArtefactStoreContract, KnowsWhatHasBeenThereForAWhile) {
  ASSERT_TRUE(this->artefacts().Put("a", this->File("one"), kNoDeadline).ok());
  EXPECT_EQ(this->artefacts().OlderThan(std::chrono::milliseconds{0}, kNoDeadline).value(),
            std::vector<std::string>{"a"});
  EXPECT_TRUE(
      this->artefacts().OlderThan(std::chrono::milliseconds{3'600'000}, kNoDeadline)->empty());
}

REGISTER_TYPED_TEST_SUITE_P(ArtefactStoreContract, GivesBackWhatItTookInChunks,
                            ReadingStopsWhenTold, WhatIsNotThereIsMissing,
                            RemovesOneAndLeavesTheOthers, KnowsWhatHasBeenThereForAWhile);

}  // namespace marquee::registry::testing
