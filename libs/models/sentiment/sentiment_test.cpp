#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "models/sentiment/classifier.h"
#include "models/sentiment/fit.h"
#include "models/sentiment/logistic_regression.h"
#include "models/sentiment/metrics.h"
#include "models/sentiment/training.h"

namespace marquee::models::sentiment {
namespace {

using testing::ElementsAre;

std::vector<std::string> WordsOf(std::string_view text, const TokenOptions& options) {
  Tokens tokens;
  tokens.Read(text, options);
  std::vector<std::string> words;
  for (size_t i = 0; i < tokens.size(); ++i) words.emplace_back(tokens.Gram(i, 1));
  return words;
}

std::vector<std::string> TermsOf(const CountVectorizer& vectorizer) {
  std::vector<std::string> terms;
  for (int32_t i = 0; i < vectorizer.vocabulary().size(); ++i)
    terms.emplace_back(vectorizer.vocabulary().term(i));
  return terms;
}

TEST(Tokens, AreScikitLearnsByDefault) {
  EXPECT_THAT(WordsOf("It isn't A b-movie, IS_it? 42 x", {}),
              ElementsAre("it", "isn", "movie", "is_it", "42"));
  EXPECT_THAT(WordsOf("It isn't A", {.min_token_length = 1}), ElementsAre("it", "isn", "t", "a"));
  EXPECT_THAT(WordsOf("It Is", {.lowercase = false}), ElementsAre("It", "Is"));
}

TEST(Tokens, KnowOtherScripts) {
  EXPECT_THAT(
      WordsOf("\u00c9t\u00e9 \u041f\u0440\u0418\u0432\u0435\u0442 \u65e5\u672c \u0662\u0663", {}),
      ElementsAre("\u00e9t\u00e9", "\u043f\u0440\u0438\u0432\u0435\u0442", "\u65e5\u672c",
                  "\u0662\u0663"));
  // The final sigma, the dotted capital I; a combining mark ends a word, as in Python's re.
  EXPECT_THAT(WordsOf("\u039f\u0394\u039f\u03a3", {}), ElementsAre("\u03bf\u03b4\u03bf\u03c2"));
  EXPECT_THAT(WordsOf("\u0130stanbul", {.min_token_length = 1}), ElementsAre("i", "stanbul"));
}

TEST(Tokens, SurviveWhatIsNoUtf8) {
  EXPECT_THAT(WordsOf("good\xff\xfe movie\xc3", {}), ElementsAre("good", "movie"));
  EXPECT_THAT(WordsOf("", {}), ElementsAre());
  EXPECT_THAT(WordsOf("'''", {.min_token_length = 1, .join_apostrophes = true}), ElementsAre());
}

TEST(Tokens, JoinApostrophesBetweenLetters) {
  const TokenOptions joined{.min_token_length = 1, .join_apostrophes = true};
  EXPECT_THAT(WordsOf("'isn't' rock'n'roll dogs' it\u2019s", joined),
              ElementsAre("isn't", "rock'n'roll", "dogs", "it\u2019s"));
}

TEST(Tokens, MarkWhatIsNegated) {
  const TokenOptions options{.min_token_length = 1, .join_apostrophes = true, .negation_scope = 2};
  EXPECT_THAT(WordsOf("it isn't a good film", options),
              ElementsAre("it", "isn't", "not_a", "not_good", "film"));
  EXPECT_THAT(WordsOf("not bad, good", options), ElementsAre("not", "not_bad", "good"));
  EXPECT_THAT(WordsOf("never not good", options), ElementsAre("never", "not_not", "not_good"));
}

TEST(CountVectorizer, KeepsWhatTheOptionsSay) {
  const std::vector<std::string_view> texts = {"aa bb aa", "aa cc", "aa bb dd dd dd"};
  const auto terms = [&](VectorizerOptions options) {
    const auto fitted = CountVectorizer::Fit(texts, options);
    return fitted.ok() ? TermsOf(*fitted) : std::vector{fitted.error().reason};
  };
  EXPECT_THAT(terms({}), ElementsAre("aa", "bb", "cc", "dd"));
  EXPECT_THAT(terms({.min_df = int64_t{2}}), ElementsAre("aa", "bb"));
  EXPECT_THAT(terms({.max_df = 0.7}), ElementsAre("bb", "cc", "dd"));
  EXPECT_THAT(terms({.max_df = int64_t{1}}), ElementsAre("cc", "dd"));
  EXPECT_THAT(terms({.max_features = 2}), ElementsAre("aa", "dd"));
  EXPECT_THAT(terms({.ngram_min = 2, .ngram_max = 2, .min_df = int64_t{2}}), ElementsAre("aa bb"));
  EXPECT_THAT(terms({.min_df = int64_t{4}}), ElementsAre("document_frequencies_unfit"));
  EXPECT_THAT(terms({.ngram_min = 2, .ngram_max = 2, .min_df = int64_t{3}, .max_df = int64_t{3}}),
              ElementsAre("vocabulary_empty"));
}

TEST(CountVectorizer, CountsOrSaysThatATermIsThere) {
  const std::vector<std::string_view> texts = {"aa bb aa", "cc"};
  for (const bool binary : {false, true}) {
    const auto vectorizer = CountVectorizer::Fit(texts, {.binary = binary});
    ASSERT_TRUE(vectorizer.ok());
    const auto features = vectorizer->Transform(texts);
    ASSERT_TRUE(features.ok());
    EXPECT_THAT(features->offsets, ElementsAre(0, 2, 3));
    EXPECT_THAT(features->column, ElementsAre(0, 1, 2));
    EXPECT_THAT(features->value, ElementsAre(binary ? 1 : 2, 1, 1));
  }
}

TEST(Logistic, SitsWhereTheGradientVanishes) {
  // One feature, x = 1 for three positive and one negative text, else 0 with two negative ones.
  Features features;
  features.columns = 1;
  const std::vector<bool> positive = {true, true, true, false, false, false};
  for (int row = 0; row < 6; ++row) {
    if (row < 4) {
      features.column.push_back(0);
      features.value.push_back(1);
    }
    features.offsets.push_back(static_cast<int32_t>(features.column.size()));
  }
  const double c = 2;
  const auto model = FitLogistic(features, positive, {.c = c, .tolerance = 1e-12});
  ASSERT_TRUE(model.ok());
  const double w = model->weights[0];
  const double with = Sigmoid(w + model->intercept);
  const double without = Sigmoid(model->intercept);
  EXPECT_NEAR(w + c * (4 * with - 3), 0, 1e-9);
  EXPECT_NEAR(4 * with - 3 + 2 * without, 0, 1e-9);
  EXPECT_EQ(FitLogistic(features, std::vector<bool>(6, true), {}).error().reason, "one_class");
}

// Made reviews, the class of which lies in a word, in its negation, and in nothing else.
std::vector<LabelledText> MadeTexts(int count) {
  const std::vector<std::string> good = {"lovely", "superb", "moving"};
  const std::vector<std::string> bad = {"dull", "awful", "clumsy"};
  const std::vector<std::string> filler = {"film", "story", "cast", "music", "scene"};
  std::vector<LabelledText> texts;
  for (int i = 0; i < count; ++i) {
    const bool positive = i % 2 == 0;
    const bool negated = i % 3 == 0;
    const auto& words = positive != negated ? good : bad;
    std::string text = "the " + filler[static_cast<size_t>(i / 2) % 5];
    text += negated ? " is not " : " is ";
    text += words[static_cast<size_t>(i / 5) % 3] + ". a " + filler[static_cast<size_t>(i / 7) % 5];
    texts.push_back({text, positive});
  }
  return texts;
}

TEST(Fit, LearnsWordsAndTheirNegations) {
  const auto texts = MadeTexts(300);
  const auto fitted = Fit(texts, {});
  ASSERT_TRUE(fitted.ok()) << fitted.error().ToString();
  const auto& classifier = *fitted->classifier;
  EXPECT_TRUE(classifier.Judge("A superb scene").positive());
  EXPECT_FALSE(classifier.Judge("a scene that isn't superb").positive());
  EXPECT_FALSE(classifier.Judge("Awful music!").positive());
  EXPECT_EQ(classifier.Judge("\u65e5\u672c\u8a9e").known_terms, 0);
}

TEST(Fit, ContributionsSumToTheLogOdds) {
  const auto texts = MadeTexts(300);
  for (const auto& options : {FitOptions{}, PlainCounts()}) {
    const auto fitted = Fit(texts, options);
    ASSERT_TRUE(fitted.ok());
    std::vector<Contribution> contributions;
    const auto judged =
        fitted->classifier->Explain("the film is superb. the film isn't dull", contributions);
    double sum = static_cast<double>(fitted->classifier->intercept());
    for (const auto& contribution : contributions) sum += contribution.log_odds;
    EXPECT_NEAR(sum, judged.log_odds, 1e-12);
    EXPECT_GE(std::abs(contributions[0].log_odds), std::abs(contributions[1].log_odds));
  }
}

TEST(Fit, ALongReviewIsNoMoreCertainForItsLength) {
  const auto fitted = Fit(MadeTexts(300), {});
  ASSERT_TRUE(fitted.ok());
  const std::string once = "the film is superb. ";
  std::string often;
  for (int i = 0; i < 50; ++i) often += once;
  EXPECT_NEAR(fitted->classifier->Judge(once).log_odds, fitted->classifier->Judge(often).log_odds,
              1);
}

TEST(Fit, IsTheSameEachTime) {
  const auto texts = MadeTexts(200);
  const auto one = Fit(texts, {});
  const auto two = Fit(texts, {});
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->c, two->c);
  EXPECT_EQ(one->classifier->Judge("a superb film").log_odds,
            two->classifier->Judge("a superb film").log_odds);
}

TEST(Fit, RefusesWhatTeachesNothing) {
  std::vector<LabelledText> texts(40, {"good", true});
  EXPECT_EQ(Fit(texts, {}).error().reason, "one_class");
  texts[0].positive = false;
  EXPECT_EQ(Fit(texts, {}).error().reason, "not_enough_texts");
  for (size_t i = 0; i < texts.size(); ++i) texts[i] = {"...", i % 2 == 0};
  EXPECT_EQ(Fit(texts, {}).error().reason, "vocabulary_empty");
}

TEST(Classifier, ComesBackFromItsParameters) {
  const auto fitted = Fit(MadeTexts(300), {});
  ASSERT_TRUE(fitted.ok());
  const auto parameters = fitted->classifier->ToParameters();
  const auto again = Classifier::Load(parameters);
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  for (const char* text : {"the film is superb", "isn't lovely", "", "nothing known here"}) {
    EXPECT_EQ((*again)->Judge(text).log_odds, fitted->classifier->Judge(text).log_odds) << text;
  }
}

TEST(Classifier, RefusesParametersThatDontFit) {
  const auto fitted = Fit(MadeTexts(300), {});
  ASSERT_TRUE(fitted.ok());
  const auto whole = fitted->classifier->ToParameters();
  for (const auto& [name, number] : whole.numbers) {
    auto without = whole;
    without.numbers.erase(name);
    EXPECT_EQ(Classifier::Load(without).error().reason, "model_unfit") << name;
    if (name == "nb_logistic.intercept") continue;
    auto other = whole;
    other.numbers[name] = -1;
    EXPECT_EQ(Classifier::Load(other).error().reason, "model_unfit") << name;
  }
  const std::vector<int64_t> wrong = {0, 3, 3, 9};
  for (auto& tensor : whole.tensors) {
    auto other = whole;
    for (auto& its : other.tensors) {
      if (its.name != tensor.name) continue;
      its.shape = {1};
      its.bytes = its.bytes.first(ItemSize(its.dtype));
    }
    EXPECT_EQ(Classifier::Load(other).error().reason, "model_unfit") << tensor.name;
  }
}

TEST(Training, JudgesOnTextsThatItHasNotSeen) {
  const auto texts = MadeTexts(400);
  const auto first = Train(texts, {}, nullptr);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  EXPECT_EQ(first->metrics.count("champion.accuracy"), 0U);
  EXPECT_GT(first->metrics.at("accuracy"), first->metrics.at("majority.accuracy"));
  EXPECT_EQ(static_cast<int64_t>(first->metrics.at("texts")),
            std::count_if(texts.begin(), texts.end(),
                          [](const auto& text) { return IsHeldOut(text.text); }));
  const auto again = Train(texts, {}, first->evaluation.classifier);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->metrics.at("champion.gain"), 0);
  EXPECT_EQ(again->metrics.at("champion.accuracy"), again->metrics.at("accuracy"));
  EXPECT_LE(again->metrics.at("champion.gain_lower"), 0);
}

TEST(Folds, HaveEachClassInEqualParts) {
  const auto texts = MadeTexts(103);
  const auto folds = StratifiedFolds(texts, 5, 1);
  std::map<std::pair<int32_t, bool>, int> counts;
  for (size_t i = 0; i < texts.size(); ++i) ++counts[{folds[i], texts[i].positive}];
  for (const auto& [fold, count] : counts) EXPECT_THAT(count, testing::AnyOf(10, 11)) << fold.first;
  EXPECT_NE(folds, StratifiedFolds(texts, 5, 2));
}

TEST(Metrics, AreThoseOfTheBook) {
  // Probabilities .9 .8 .4 (positive), .6 .2 (negative).
  const auto odds = [](double p) { return std::log(p / (1 - p)); };
  const std::vector<double> log_odds = {odds(.9), odds(.8), odds(.4), odds(.6), odds(.2)};
  const auto metrics = Measure(log_odds, {true, true, true, false, false});
  EXPECT_NEAR(metrics.accuracy, .6, 1e-12);
  EXPECT_NEAR(metrics.f1, 2.0 / 3, 1e-12);
  EXPECT_NEAR(metrics.roc_auc, 5.0 / 6, 1e-12);
  EXPECT_NEAR(metrics.log_loss,
              -(std::log(.9) + std::log(.8) + std::log(.4) + std::log(.4) + std::log(.8)) / 5,
              1e-12);
  EXPECT_NEAR(metrics.brier, (.01 + .04 + .36 + .36 + .04) / 5, 1e-12);
  EXPECT_NEAR(metrics.calibration_error, (.1 + .2 + .6 + .6 + .2) / 5, 1e-12);
  EXPECT_NEAR(Measure(std::vector<double>{1, 1, 1}, {true, false, true}).roc_auc, .5, 1e-12);
}

TEST(CrossValidation, IsTheSameOnAnyNumberOfThreads) {
  const auto texts = MadeTexts(200);
  const auto one = CrossValidate(texts, 4, 1, {}, 1, {});
  const auto two = CrossValidate(texts, 4, 1, {}, 2, {});
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->log_odds, two->log_odds);
  EXPECT_EQ(one->c, two->c);
  EXPECT_GT(Measure(one->log_odds,
                    [&] {
                      std::vector<bool> labels;
                      for (const auto& text : texts) labels.push_back(text.positive);
                      return labels;
                    }())
                .accuracy,
            .95);
}

}  // namespace
}  // namespace marquee::models::sentiment
