#include "artefact/model_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "models/ials.h"
#include "models/rating_matrix.h"

namespace marquee::artefact {
namespace {

namespace fs = std::filesystem;
using models::Ranker;
using models::RatedItem;
using models::ServedModel;

// A small trained model with every part that an artefact can hold.
struct Trained {
  std::vector<int64_t> ids{10, 20, 30, 40};
  models::IalsModel ials;
  std::vector<float> popularity{3, 2, 2, 1};
  std::vector<int64_t> ease_offsets{0, 1, 2, 2, 2};
  std::vector<int32_t> ease_columns{1, 3};
  std::vector<float> ease_values{0.25, -0.5};
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

  ServedModel View() const {
    ServedModel model;
    model.algorithm = "ials+ease";
    model.item_ids = ids;
    model.item_factors = ials.items();
    model.item_gram = ials.item_gram;
    model.fold_in = ials.fold_in;
    model.confidence = {0.3F, 0.05F};
    model.ease = {ease_offsets, ease_columns, ease_values};
    model.ease_weight = 0.7F;
    model.item_popularity = popularity;
    model.global_mean = 3.5F;
    model.item_bias = bias;
    model.explicit_factors = {explicit_factors.data(), 4, 2};
    model.explicit_fold_in = {4, 1.25F};
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

TEST_F(ModelFile, ServesTheSameAfterARoundTrip) {
  const auto written = SaveModel(Path(), trained_.View(), {{"code_version", "abc"}});
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  auto loaded = LoadModel(Path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_EQ(loaded->sha256, written->sha256);
  EXPECT_EQ(loaded->bytes, written->bytes);
  EXPECT_EQ(loaded->metadata.at("code_version"), "abc");
  EXPECT_EQ(loaded->model.algorithm, "ials+ease");
  EXPECT_EQ(loaded->model.fold_in.regularization, trained_.ials.fold_in.regularization);

  const auto before = *Ranker::Make(trained_.View());
  const auto after = *Ranker::Make(std::move(loaded->model));
  const std::vector<RatedItem> history{{0, 5}, {2, 1.5}};
  EXPECT_EQ(before->ScoreAll(history), after->ScoreAll(history));
  EXPECT_EQ(before->Recommend(history, 4), after->Recommend(history, 4));
  EXPECT_EQ(before->PredictRating(history, 1), after->PredictRating(history, 1));
  EXPECT_EQ(before->Popular(2), after->Popular(2));
}

TEST_F(ModelFile, HoldsARankingModelOrARatingModelAlone) {
  ServedModel ranking = trained_.View();
  ranking.item_bias = {};
  ranking.explicit_factors = {};
  ranking.ease = {};
  ASSERT_TRUE(SaveModel(Path(), ranking, {}).ok());
  const auto ranker = *Ranker::Make(LoadModel(Path())->model);
  EXPECT_FALSE(ranker->PredictRating({}, 0).has_value());
  EXPECT_TRUE(ranker->ranks());

  ServedModel rating = trained_.View();
  rating.item_factors = {};
  rating.item_gram = {};
  rating.ease = {};
  ASSERT_TRUE(SaveModel(Path(), rating, {}).ok());
  const auto predictor = *Ranker::Make(LoadModel(Path())->model);
  EXPECT_TRUE(predictor->PredictRating({}, 0).has_value());
  EXPECT_FALSE(predictor->ranks());
  const std::vector<RatedItem> history{{0, 5}};
  EXPECT_TRUE(predictor->Recommend(history, 3).empty());
  EXPECT_TRUE(predictor->Similar(0, 3).empty());
}

TEST_F(ModelFile, RefusesTensorsThatDoNotFitEachOther) {
  const auto broken = [this](ServedModel model) {
    EXPECT_TRUE(SaveModel(Path(), model, {}).ok());
    const auto loaded = LoadModel(Path());
    return !loaded.ok() && loaded.error().code == Code::kDataLoss;
  };
  EXPECT_FALSE(broken(trained_.View()));

  ServedModel model = trained_.View();
  const std::vector<int64_t> descending{10, 20, 20, 40};
  model.item_ids = descending;
  EXPECT_TRUE(broken(model)) << "ids that don't ascend";

  model = trained_.View();
  const std::vector<int32_t> outside{1, 4};
  model.ease.columns = outside;
  EXPECT_TRUE(broken(model)) << "an EASE column outside the catalogue";

  model = trained_.View();
  const std::vector<int64_t> backwards{0, 2, 1, 2, 2};
  model.ease.offsets = backwards;
  EXPECT_TRUE(broken(model)) << "EASE offsets that fall";

  model = trained_.View();
  model.fold_in.regularization = 0;
  EXPECT_TRUE(broken(model)) << "no regularization";

  model = trained_.View();
  std::vector<float> gram = trained_.ials.item_gram;
  gram[1] += 1000;
  model.item_gram = gram;
  EXPECT_TRUE(broken(model)) << "a Gram matrix that isn't symmetric";
}

TEST_F(ModelFile, RefusesAnotherFormatVersionAndMissingHyperparameters) {
  const std::vector<int64_t> ids{1};
  const std::vector<float> one{1};
  const std::vector<Tensor> tensors{Tensor::Of("item_ids", {1}, ids),
                                    Tensor::Of("item_factors", {1, 1}, one),
                                    Tensor::Of("item_gram", {1, 1}, one)};
  Metadata metadata{{"format_version", "1"},         {"confidence_slope", "0"},
                    {"confidence_floor", "0.1"},     {"alpha", "1"},
                    {"unobserved_weight", "1"},      {"regularization", "1"},
                    {"regularization_exponent", "0"}};
  const auto loads = [&] {
    EXPECT_TRUE(WriteSafetensors(Path(), tensors, metadata).ok());
    return LoadModel(Path()).ok();
  };
  EXPECT_TRUE(loads());
  metadata["alpha"] = "1e99";
  EXPECT_FALSE(loads());
  metadata.erase("alpha");
  EXPECT_FALSE(loads());
  metadata["alpha"] = "1";
  metadata["format_version"] = "2";
  EXPECT_FALSE(loads());
}

}  // namespace
}  // namespace marquee::artefact
