#include "artefact/model_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "models/confidence.h"
#include "models/ials/ials.h"
#include "models/rating_matrix.h"

namespace marquee::artefact {
namespace {

namespace fs = std::filesystem;
using models::MatrixView;
using models::Model;
using models::Ranker;
using models::RatedItem;

// A small trained blend, and a rating model.
struct Trained {
  std::vector<int64_t> ids{10, 20, 30, 40};
  models::IalsModel ials;
  std::vector<int64_t> ease_offsets{0, 1, 2, 2, 2};
  std::vector<int32_t> ease_columns{1, 3};
  std::vector<float> ease_values{0.25, -0.5};
  std::vector<float> mean{3.5F};
  std::vector<float> bias{0.5, 0, -0.5, 0};
  std::vector<float> explicit_factors{1, 0, 0, 1, 1, 1, 0, 0};

  Trained() {
    const std::vector<int64_t> users{1, 1, 1, 2, 2, 3, 3, 3};
    const std::vector<int64_t> items{10, 20, 40, 10, 30, 10, 20, 30};
    const std::vector<float> values(users.size(), 1);
    models::IalsOptions options;
    options.factors = 3;
    options.regularization = 0.1F;
    ials = *models::TrainIals(*models::RatingMatrix::Build(users, items, values), options);
  }

  Model Ranking() const {
    Model model{.algorithm = "ials+ease", .item_ids = ids, .parameters = {}};
    auto& parameters = model.parameters;
    parameters.Add("ials.item_factors", ials.items());
    parameters.Add("ials.item_gram", MatrixView{ials.item_gram.data(), 3, 3});
    parameters.Add("ease", models::SparseView{ease_offsets, ease_columns, ease_values});
    parameters.numbers = {{"ials.alpha", 1},
                          {"ials.unobserved_weight", 1},
                          {"ials.regularization", 0.1F},
                          {"ials.regularization_exponent", 1},
                          {"ials.weight", 1},
                          {"ease.weight", 0.7F}};
    models::ConfidenceRule{0.3F, 0.05F}.AddTo(parameters, "ials");
    models::ConfidenceRule{0.3F, 0.05F}.AddTo(parameters, "ease");
    return model;
  }
  Model Rating() const {
    Model model{.algorithm = "biased_als", .item_ids = ids, .parameters = {}};
    model.parameters.Add("biased_als.global_mean", mean);
    model.parameters.Add("biased_als.item_bias", bias);
    model.parameters.Add("biased_als.item_factors", MatrixView{explicit_factors.data(), 4, 2});
    model.parameters.numbers = {{"biased_als.user_damping", 4},
                                {"biased_als.regularization", 1.25F}};
    return model;
  }
};

class ModelFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "marquee-model.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path Path() const { return folder_ / "model.safetensors"; }

  fs::path folder_;
  Trained trained_;
};

// Of four words; held for as long as the tests run, since parameters view it.
std::shared_ptr<const models::sentiment::Classifier> MadeClassifier() {
  static const auto made = [] {
    namespace sentiment = models::sentiment;
    auto vocabulary = sentiment::Vocabulary::Make(
        "badcaf\xC3\xA9"
        "filmgood",
        {0, 3, 8, 12, 16});
    return *sentiment::Classifier::Make({{}, *std::move(vocabulary)}, {1, 1, 0.5F, 2},
                                        {-1, 0.25F, 0.125F, 1}, 0.5F, true);
  }();
  return made;
}

const std::vector<RatedItem> kHistory{{0, 5}, {2, 1.5}};

TEST_F(ModelFile, ServesTheSameAfterARoundTrip) {
  for (const Model& model : {trained_.Ranking(), trained_.Rating()}) {
    const auto written = SaveModel(Path(), model, {{"code_version", "abc"}});
    ASSERT_TRUE(written.ok()) << written.error().ToString();
    const auto loaded = LoadModel(Path());
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_EQ(loaded->sha256, written->sha256);
    EXPECT_EQ(loaded->bytes, written->bytes);
    EXPECT_EQ(loaded->metadata.at("code_version"), "abc");
    EXPECT_EQ(loaded->metadata.at("format_version"), "2");
    EXPECT_EQ(loaded->ranker->model().algorithm, model.algorithm);
    EXPECT_EQ(loaded->ranker->model().parameters.numbers, model.parameters.numbers);
    const auto before = *Ranker::Make(model);
    EXPECT_EQ(before->ScoreAll(kHistory), loaded->ranker->ScoreAll(kHistory));
    EXPECT_EQ(before->Recommend(kHistory, 4), loaded->ranker->Recommend(kHistory, 4));
  }
}

TEST_F(ModelFile, IsForOneTask) {
  const auto saved = [this](const auto& model) {
    EXPECT_TRUE(SaveModel(Path(), model, {}).ok());
    return *LoadModel(Path());
  };
  const auto ranking = saved(trained_.Ranking());
  EXPECT_TRUE(CheckServes("ranking", ranking).ok());
  EXPECT_EQ(CheckServes("rating", ranking).error().reason, "artefact_broken");
  const auto rating = saved(trained_.Rating());
  EXPECT_TRUE(CheckServes("rating", rating).ok());
  EXPECT_FALSE(CheckServes("ranking", rating).ok());
  const auto sentiment = saved(*MadeClassifier());
  EXPECT_TRUE(CheckServes("sentiment", sentiment).ok());
  EXPECT_FALSE(CheckServes("ranking", sentiment).ok());
}

TEST_F(ModelFile, JudgesTextsTheSameAfterARoundTrip) {
  const auto classifier = MadeClassifier();
  const auto written = SaveModel(Path(), *classifier, {{"code_version", "abc"}});
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  const auto loaded = LoadModel(Path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_EQ(loaded->algorithm, "nb_logistic");
  EXPECT_EQ(loaded->ranker, nullptr);
  EXPECT_EQ(loaded->sha256, written->sha256);
  for (const char* text : {"good", "a good bad film", "caf\u00e9", ""})
    EXPECT_EQ(loaded->classifier->Judge(text).log_odds, classifier->Judge(text).log_odds) << text;
}

TEST_F(ModelFile, RefusesAVocabularyThatDoesNotFit) {
  auto parameters = MadeClassifier()->ToParameters();
  std::erase_if(parameters.tensors,
                [](const auto& tensor) { return tensor.name == "nb_logistic.weights"; });
  Metadata metadata{{"format_version", "2"}, {"algorithm", "nb_logistic"}};
  for (const auto& [name, number] : parameters.numbers) metadata[name] = std::to_string(number);
  ASSERT_TRUE(WriteSafetensors(Path(), parameters.tensors, metadata).ok());
  const auto loaded = LoadModel(Path());
  EXPECT_EQ(loaded.error().reason, "artefact_broken");
  EXPECT_NE(loaded.error().message.find("nb_logistic.weights"), std::string::npos);
}

TEST_F(ModelFile, RefusesTensorsThatDoNotFitEachOther) {
  const auto broken = [this](const Model& model) {
    EXPECT_TRUE(SaveModel(Path(), model, {}).ok());
    const auto loaded = LoadModel(Path());
    return !loaded.ok() && loaded.error().code == Code::kDataLoss;
  };
  EXPECT_FALSE(broken(trained_.Ranking()));

  Model model = trained_.Ranking();
  const std::vector<int64_t> descending{10, 20, 20, 40};
  model.item_ids = descending;
  EXPECT_TRUE(broken(model)) << "ids that don't ascend";

  Trained changed = trained_;
  changed.ease_columns = {1, 4};
  EXPECT_TRUE(broken(changed.Ranking())) << "an EASE column outside the catalogue";

  changed = trained_;
  changed.ease_offsets = {0, 2, 1, 2, 2};
  EXPECT_TRUE(broken(changed.Ranking())) << "EASE offsets that fall";

  model = trained_.Ranking();
  model.parameters.numbers["ials.regularization"] = 0;
  EXPECT_TRUE(broken(model)) << "no regularization";

  changed = trained_;
  changed.ials.item_gram[1] += 1000;
  EXPECT_TRUE(broken(changed.Ranking())) << "a Gram matrix that isn't symmetric";

  changed = trained_;
  changed.bias.pop_back();
  EXPECT_TRUE(broken(changed.Rating())) << "a movie without a bias";

  model = trained_.Ranking();
  model.algorithm = "svd";
  EXPECT_TRUE(broken(model)) << "an algorithm that nobody knows";

  model = trained_.Ranking();
  model.parameters.numbers.erase("ease.weight");
  EXPECT_TRUE(broken(model)) << "a blend without a weight";
}

// As SaveModel of format version 1 wrote it: every algorithm's names side by side.
class Version1 : public ModelFile {
 protected:
  std::vector<Tensor> Tensors(const Model& model) const {
    static const std::map<std::string, std::string> before = {
        {"ials.item_factors", "item_factors"}, {"ials.item_gram", "item_gram"},
        {"ease.offsets", "ease_offsets"},      {"ease.columns", "ease_columns"},
        {"ease.values", "ease_values"},        {"biased_als.global_mean", "global_mean"},
        {"biased_als.item_bias", "item_bias"}, {"biased_als.item_factors", "explicit_factors"}};
    std::vector<Tensor> tensors{Tensor::Of("item_ids", {4}, trained_.ids)};
    for (Tensor tensor : model.parameters.tensors) {
      tensor.name = before.at(tensor.name);
      tensors.push_back(std::move(tensor));
    }
    if (model.algorithm != "biased_als")
      tensors.push_back(Tensor::Of("item_popularity", {4}, trained_.bias));
    return tensors;
  }
  Metadata metadata_{{"format_version", "1"},
                     {"algorithm", "ials+ease"},
                     {"confidence_slope", "0.3"},
                     {"confidence_floor", "0.05"},
                     {"alpha", "1"},
                     {"unobserved_weight", "1"},
                     {"regularization", "0.1"},
                     {"regularization_exponent", "1"},
                     {"ease_weight", "0.7"},
                     {"snapshot_sha256", "ab"}};
};

TEST_F(Version1, IsReadAsIfWrittenToday) {
  ASSERT_TRUE(WriteSafetensors(Path(), Tensors(trained_.Ranking()), metadata_).ok());
  auto loaded = LoadModel(Path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_EQ(loaded->ranker->ScoreAll(kHistory),
            (*Ranker::Make(trained_.Ranking()))->ScoreAll(kHistory));
  EXPECT_EQ(loaded->metadata.at("snapshot_sha256"), "ab");

  const Metadata rating{{"format_version", "1"},
                        {"algorithm", "biased_als"},
                        {"confidence_slope", "0.2"},
                        {"confidence_floor", "0.1"},
                        {"explicit_regularization", "1.25"},
                        {"explicit_user_damping", "4"}};
  ASSERT_TRUE(WriteSafetensors(Path(), Tensors(trained_.Rating()), rating).ok());
  loaded = LoadModel(Path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_EQ(loaded->ranker->ScoreAll(kHistory),
            (*Ranker::Make(trained_.Rating()))->ScoreAll(kHistory));
}

TEST_F(Version1, LacksNothing) {
  const auto loads = [&] {
    EXPECT_TRUE(WriteSafetensors(Path(), Tensors(trained_.Ranking()), metadata_).ok());
    return LoadModel(Path()).ok();
  };
  EXPECT_TRUE(loads());
  metadata_["alpha"] = "1e99";
  EXPECT_FALSE(loads());
  metadata_.erase("alpha");
  EXPECT_FALSE(loads());
  metadata_["alpha"] = "1";
  metadata_["format_version"] = "3";
  EXPECT_FALSE(loads());
}

}  // namespace
}  // namespace marquee::artefact
