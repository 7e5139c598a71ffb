#include "ctl/files/labelled_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace marquee::ctl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class LabelledTexts : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "marquee-labelled.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Write(const std::string& name, const std::string& bytes) {
    const auto path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  // "+text" or "-text", or the reason and the message.
  std::vector<std::string> Read(const fs::path& path, const LabelledOptions& options = {}) {
    const auto texts = ReadLabelledTexts({path}, options);
    if (!texts.ok()) return {texts.error().reason, texts.error().message};
    std::vector<std::string> read;
    for (const auto& text : *texts) read.push_back((text.positive ? "+" : "-") + text.text);
    return read;
  }

  fs::path folder_;
};

TEST_F(LabelledTexts, ReadsEachForm) {
  EXPECT_THAT(
      Read(Write("a.csv", "id,review,label\n1,\"Good, \"\"very\"\"\nfilm\",pos\n2,bad,0\n")),
      ElementsAre("+Good, \"very\"\nfilm", "-bad"));
  EXPECT_THAT(Read(Write("a.tsv", "Sentiment\tText\r\n1\tgood\r\nnegative\tbad\r\n")),
              ElementsAre("+good", "-bad"));
  EXPECT_THAT(Read(Write("a.jsonl",
                         "{\"text\":\"good\",\"label\":1}\n\n"
                         "{\"label\":false,\"text\":\"bad\",\"id\":3}\n")),
              ElementsAre("+good", "-bad"));
  Write("rt/x.pos", "good\nfine\n");
  Write("rt/x.neg", "bad");
  Write("rt/README", "about");
  EXPECT_THAT(Read(folder_ / "rt"), ElementsAre("-bad", "+good", "+fine"));
  Write("imdb/pos/1.txt", "good");
  Write("imdb/neg/1.txt", "bad\nfilm");
  EXPECT_THAT(Read(folder_ / "imdb"), ElementsAre("+good", "-bad\nfilm"));
  EXPECT_THAT(Read(Write("b.csv", "words,stars\ngood,1\n"),
                   {.text_column = "words", .label_column = "stars"}),
              ElementsAre("+good"));
}

TEST_F(LabelledTexts, AreInTheEncodingThatIsSaid) {
  const auto file = Write("a.pos", "good\ncaf\xE9\n");
  EXPECT_THAT(Read(file, {.encoding = Encoding::kWindows1252}),
              ElementsAre("+good", "+caf\xC3\xA9"));
  EXPECT_THAT(Read(file), ElementsAre("bad_utf8", AllOf(HasSubstr("a.pos, line 2"),
                                                        HasSubstr("--encoding windows-1252"))));
  EXPECT_EQ(Read(Write("b.pos", std::string("\xFF\xFEg\0o\0", 6)))[0], "not_text");
}

TEST_F(LabelledTexts, SayWhatIsWrongAndWhere) {
  const auto expect = [&](const std::string& name, const std::string& bytes, const char* reason,
                          const char* where) {
    EXPECT_THAT(Read(Write(name, bytes)), ElementsAre(reason, HasSubstr(where)));
  };
  expect("a.csv", "text,label\ngood,1\nbad,\n", "label_missing", "line 3");
  expect("b.csv", "text,label\ngood,great\n", "label_unknown", "\"great\"");
  expect("c.csv", "words,label\n", "bad_header", "--text-column");
  expect("d.csv", "text,label\n\"good,1\n", "bad_quotes", "line 2");
  expect("e.csv", "text,label\n  ,1\n", "text_missing", "line 2");
  expect("f.csv", "text,label\ngood\n", "bad_row", "line 2");
  expect("g.csv", "", "no_texts", "empty");
  expect("h.csv", "text,label\n", "no_texts", "no labelled texts");
  expect("a.jsonl", "{\"text\":\"good\",\"label\":1}\n{\"text\":\n", "bad_json", "line 2");
  expect("b.jsonl", "{\"text\":\"good\"}\n", "label_missing", "line 1");
  expect("c.jsonl", "{\"text\":3,\"label\":1}\n", "text_missing", "line 1");
  expect("a.pos", "good\n" + std::string(1 << 20, 'a') + "\n", "text_too_long", "line 2");
  Write("f/pos/1.txt", std::string(1 << 20, 'a'));
  EXPECT_THAT(Read(folder_ / "f"), ElementsAre("text_too_long", HasSubstr("1.txt")));
  expect("a.xls", "text", "unknown_form", ".csv");
  EXPECT_EQ(Read(folder_ / "missing.csv")[0], "unreadable_file");
  EXPECT_EQ(Read(folder_ / "missing")[0], "unreadable_file");
  fs::create_directories(folder_ / "empty");
  EXPECT_EQ(Read(folder_ / "empty")[0], "no_texts");
}

}  // namespace
}  // namespace marquee::ctl
