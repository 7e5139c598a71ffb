#include "artefact/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "artefact/sha256.h"

namespace marquee::artefact {
namespace {

namespace fs = std::filesystem;

class Safetensors : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "marquee-artefact.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Path() const { return folder_ / "model.safetensors"; }

  // A file with this header and data, as a hostile or broken writer would make it; the data
  // aligned.
  void WriteRaw(std::string header, std::string_view data, uint64_t claimed = 0,
                size_t misaligned = 0) const {
    header.resize((header.size() + 7) / 8 * 8 + misaligned, ' ');
    const uint64_t size = claimed == 0 ? header.size() : claimed;
    std::ofstream out(Path(), std::ios::binary);
    out.write(reinterpret_cast<const char*>(&size), sizeof size);
    out << header << data;
  }
  std::string OpenError(const ReadOptions& options = {}) const {
    const auto file = SafetensorsFile::Open(Path(), options);
    if (file.ok()) return "opened";
    EXPECT_EQ(file.error().code, Code::kDataLoss);
    return file.error().message;
  }
  size_t FilesInFolder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

TEST(Sha256, MatchesTheStandardsExampleInPiecesAndWhole) {
  constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(Sha256Hex("abc"), kAbc);
  Sha256 hash;
  hash.Update("a");
  hash.Update("bc");
  EXPECT_EQ(hash.FinishHex(), kAbc);
  EXPECT_EQ(hash.FinishHex(), Sha256Hex("")) << "it should have started anew";
}

TEST_F(Safetensors, ReadsBackWhatWasWritten) {
  const std::vector<float> factors{1, -2, 3.5, 0, 1e-30F, 6};
  const std::vector<int64_t> ids{1, 5, INT64_MAX};
  const std::vector<int32_t> columns{7};
  const std::vector<Tensor> tensors{
      Tensor::Of("factors", {3, 2}, factors), Tensor::Of("columns", {1}, columns),
      Tensor::Of("ids", {3}, ids), Tensor::Of("empty", {0, 4}, std::span<const float>{})};
  const auto written = WriteSafetensors(Path(), tensors, {{"algorithm", "iALS \"1\"\n"}});
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  EXPECT_EQ(written->bytes, static_cast<int64_t>(fs::file_size(Path())));
  EXPECT_EQ(written->sha256, *Sha256HexOfFile(Path()));
  EXPECT_EQ(FilesInFolder(), 1U) << "a temporary file was left behind";

  const auto opened = SafetensorsFile::Open(Path());
  ASSERT_TRUE(opened.ok()) << opened.error().ToString();
  const SafetensorsFile& file = **opened;
  EXPECT_EQ(file.Sha256(), written->sha256);
  EXPECT_EQ(file.metadata(), (Metadata{{"algorithm", "iALS \"1\"\n"}}));
  const auto read = file.Require("factors", DType::kF32, 2);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->shape, (std::vector<int64_t>{3, 2}));
  EXPECT_TRUE(std::equal(factors.begin(), factors.end(), read->f32().begin(), read->f32().end()));
  EXPECT_EQ(file.Find("ids")->i64()[2], INT64_MAX);
  EXPECT_EQ(file.Find("columns")->i32()[0], 7);
  EXPECT_TRUE(file.Find("empty")->bytes.empty());
  EXPECT_EQ(file.Find("absent"), nullptr);
  EXPECT_EQ(file.Require("absent", DType::kF32, 1).error().code, Code::kDataLoss);
  EXPECT_EQ(file.Require("factors", DType::kF32, 1).error().code, Code::kDataLoss);
  EXPECT_EQ(file.Require("factors", DType::kI32, 2).error().code, Code::kDataLoss);
}

TEST_F(Safetensors, OverwritesAsAWholeAndLeavesTheOldMappingReadable) {
  const std::vector<float> first{1};
  const std::vector<float> second{2, 3};
  ASSERT_TRUE(WriteSafetensors(Path(), std::vector{Tensor::Of("x", {1}, first)}, {}).ok());
  const auto old = SafetensorsFile::Open(Path());
  ASSERT_TRUE(WriteSafetensors(Path(), std::vector{Tensor::Of("x", {2}, second)}, {}).ok());
  EXPECT_EQ((*old)->Find("x")->f32()[0], 1);
  EXPECT_EQ((*SafetensorsFile::Open(Path()))->Find("x")->f32()[1], 3);
}

TEST_F(Safetensors, RefusesToWriteWhatCouldNotBeRead) {
  const std::vector<float> two{1, 2};
  const auto reason = [&](std::vector<Tensor> tensors) {
    const auto written = WriteSafetensors(Path(), tensors, {});
    return written.ok() ? "" : written.error().reason;
  };
  EXPECT_EQ(reason({Tensor::Of("x", {3}, two)}), "tensor_shape");
  EXPECT_EQ(reason({Tensor::Of("x", {-1, -2}, two)}), "tensor_shape");
  EXPECT_EQ(reason({Tensor::Of("__metadata__", {2}, two)}), "tensor_name");
  EXPECT_EQ(reason({Tensor::Of("x", {2}, two), Tensor::Of("x", {2}, two)}), "tensor_name");
  EXPECT_EQ(FilesInFolder(), 0U);
}

TEST_F(Safetensors, ReportsADiskThatFailsAndLeavesNothing) {
  const std::vector<float> values{1};
  const auto written = WriteSafetensors(folder_ / "absent" / "model.safetensors",
                                        std::vector{Tensor::Of("x", {1}, values)}, {});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Code::kUnavailable);
  // A folder stands where the file should go: the rename fails after the data were written.
  fs::create_directory(Path());
  EXPECT_EQ(WriteSafetensors(Path(), std::vector{Tensor::Of("x", {1}, values)}, {}).error().code,
            Code::kUnavailable);
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(Safetensors, SaysThatAFileIsMissing) {
  EXPECT_EQ(SafetensorsFile::Open(folder_ / "absent").error().code, Code::kNotFound);
  EXPECT_EQ(SafetensorsFile::Open(folder_).error().code, Code::kNotFound);
}

struct Malformed {
  const char* name;
  const char* header;
  const char* message;  // part of what is said
};

class MalformedHeader : public Safetensors, public testing::WithParamInterface<Malformed> {};

TEST_P(MalformedHeader, IsRefused) {
  WriteRaw(GetParam().header, std::string(8, '\0'));
  EXPECT_NE(OpenError().find(GetParam().message), std::string::npos) << OpenError();
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MalformedHeader,
    testing::Values(
        Malformed{"NotJson", "{\"x\": ", "the header isn't JSON"},
        Malformed{"NotAnObject", "[1]", "not a JSON object"},
        Malformed{"TooDeep", "{\"x\":{\"a\":[[[[[[1]]]]]]}}", "nested too deep"},
        Malformed{"BadUtf8", "{\"\xff\":{}}", "the header isn't JSON"},
        Malformed{"RepeatedTensor",
                  R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                  R"("x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                  "repeats the key"},
        Malformed{"RepeatedField",
                  R"({"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                  "repeats the key"},
        Malformed{"MetadataNotStrings", R"({"__metadata__":{"a":1}})", "than strings"},
        Malformed{"MetadataNotAnObject", R"({"__metadata__":"a"})", "not an object"},
        Malformed{"EntryNotAnObject", R"({"x":1})", "exactly dtype"},
        Malformed{"MissingField", R"({"x":{"dtype":"F32","shape":[2]}})", "exactly dtype"},
        Malformed{"ExtraField", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"y":1}})",
                  "exactly dtype"},
        Malformed{"UnknownDType", R"({"x":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})",
                  "unknown dtype"},
        Malformed{"DTypeNotAString", R"({"x":{"dtype":1,"shape":[2],"data_offsets":[0,8]}})",
                  "unknown dtype"},
        Malformed{"NegativeShape", R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
                  "natural"},
        Malformed{"FractionalShape", R"({"x":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})",
                  "natural"},
        Malformed{"ShapeOverflows",
                  R"({"x":{"dtype":"F32","shape":[4611686018427387906,2],"data_offsets":[0,8]}})",
                  "data don't fit"},
        Malformed{"ShapeDisagrees", R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
                  "data don't fit"},
        Malformed{"OffsetsNotAPair", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8]}})",
                  "arrays of numbers"},
        Malformed{"OffsetsBackwards", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
                  "outside"},
        Malformed{"OffsetsBeyondTheFile",
                  R"({"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", "outside"},
        Malformed{"OffsetsNegative", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})",
                  "natural"},
        Malformed{"Overlap",
                  R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                  R"("y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                  "overlap"},
        Malformed{"Hole", R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "holes"},
        Malformed{"TrailingBytes", R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                  "after the last"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(Safetensors, RefusesAHeaderLengthBeyondTheFileOrTheBound) {
  const std::string header = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const std::string data(8, '\0');
  for (const uint64_t claimed : {uint64_t{10'000}, UINT64_MAX, UINT64_MAX - 7}) {
    WriteRaw(header, data, claimed);
    EXPECT_NE(OpenError().find("header's length"), std::string::npos);
  }
  WriteRaw(header, data);
  EXPECT_EQ(OpenError(), "opened");
  EXPECT_NE(OpenError({.require_finite = true, .max_header_bytes = 8}).find("header's length"),
            std::string::npos);
  std::ofstream(Path(), std::ios::binary) << "1234567";
  EXPECT_NE(OpenError().find("too short"), std::string::npos);
}

TEST_F(Safetensors, RefusesATruncatedFileAtEveryLength) {
  const std::vector<float> values{1, 2, 3};
  ASSERT_TRUE(WriteSafetensors(Path(), std::vector{Tensor::Of("x", {3}, values)}, {}).ok());
  for (auto size = static_cast<int64_t>(fs::file_size(Path())) - 1; size >= 0; --size) {
    fs::resize_file(Path(), static_cast<uintmax_t>(size));
    ASSERT_NE(OpenError(), "opened") << size;
  }
}

TEST_F(Safetensors, RefusesATensorThatIsNotAlignedToItsElements) {
  WriteRaw(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", std::string(8, '\0'), 0, 2);
  EXPECT_NE(OpenError().find("aligned"), std::string::npos);
}

TEST_F(Safetensors, RefusesValuesThatAreNotFiniteUnlessTold) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const std::vector<float> values{1, bad};
    ASSERT_TRUE(WriteSafetensors(Path(), std::vector{Tensor::Of("x", {2}, values)}, {}).ok());
    EXPECT_NE(OpenError().find("not finite"), std::string::npos);
    EXPECT_EQ(OpenError({.require_finite = false}), "opened");
  }
  const uint16_t halves[] = {0x3c00, 0x7c00};  // 1 and infinity
  const Tensor half{"h", DType::kF16, {2}, std::as_bytes(std::span(halves))};
  ASSERT_TRUE(WriteSafetensors(Path(), std::vector{half}, {}).ok());
  EXPECT_NE(OpenError().find("not finite"), std::string::npos);
}

}  // namespace
}  // namespace marquee::artefact
