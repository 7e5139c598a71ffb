#include "ctl/app/sentiment_line.h"

#include <CLI/CLI.hpp>

namespace marquee::ctl {
namespace {

constexpr char kFiles[] =
    "Files:\n"
    "  X.csv, X.tsv   a header line with a column of texts (text, review, sentence, snippet, "
    "comment)\n"
    "                 and one of labels (label, sentiment, polarity, class)\n"
    "  X.jsonl        an object a line, with members of those names\n"
    "  X.pos, X.neg   a text a line\n"
    "  a folder       with pos/ and neg/, a text a file; or with files as above\n\n"
    "Labels are positive, pos, 1, true or fresh, and negative, neg, 0, -1, false or rotten. Texts "
    "are UTF-8\n"
    "unless --encoding says otherwise, of 64 KiB at most. What breaks a rule is an error with its "
    "file and line.\n\n";

void AddFlags(CLI::App& command, SentimentFlags& flags) {
  command.add_option("files", flags.paths, "Labelled texts: files or folders")->required();
  command.add_option("--encoding", flags.encoding, "Of the texts; windows-1252 is also Latin-1")
      ->check(CLI::IsMember({"utf-8", "windows-1252"}))
      ->capture_default_str();
  command.add_option("--text-column", flags.text_column, "The column with the texts");
  command.add_option("--label-column", flags.label_column, "The column with the labels");
  command
      .add_option("--c", flags.c,
                  "Of logistic regression, the inverse of the penalty's strength (default: nb "
                  "chooses it on inner folds, counts has 1)")
      ->check(CLI::PositiveNumber);
  command.add_option("--ngrams", flags.ngram_max, "Terms of up to so many words (default: nb 2)")
      ->check(CLI::Range(1, 5));
  command.add_option("--min-df", flags.min_df,
                     "Terms in fewer texts are left out: a number, or a share with a point");
  command.add_option("--max-df", flags.max_df, "Terms in more texts are left out");
  command
      .add_option("--max-features", flags.max_features,
                  "The most frequent terms alone; 0: all (default: nb 500000)")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--binary", flags.binary, "Whether a term is there counts, not how often");
  command.add_option("--seed", flags.seed, "Of the folds")->capture_default_str();
}

}  // namespace

void AddSentiment(CLI::App& app, const Context& context, std::function<int()>& run) {
  auto* sentiment =
      app.add_subcommand("sentiment", "Whether reviews are positive: train and judge");
  sentiment->require_subcommand(1);

  static SentimentFlags evaluate;
  auto* c = sentiment->add_subcommand(
      "evaluate", "Train and judge on labelled texts by cross-validation, without any server");
  AddFlags(*c, evaluate);
  c->add_option("--method", evaluate.method,
                "nb: terms weighed by naive Bayes, pairs of words, negations marked; counts: "
                "CountVectorizer and LogisticRegression as scikit-learn has them")
      ->check(CLI::IsMember({"nb", "counts"}))
      ->capture_default_str();
  c->add_option("--folds", evaluate.folds, "Stratified: each has its part of both labels")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  c->add_option("--threads", evaluate.threads, "0: all cores")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  c->add_option("--predictions", evaluate.predictions,
                "A CSV file: fold, label and probability of each text, in their order");
  c->footer(
      std::string(kFiles) +
      "Accuracy and F1 are at a probability of 0.5; log-loss and Brier judge the probabilities "
      "themselves, and\n"
      "calibration is the mean distance between what is said and what is (ECE, ten bins).\n\n"
      "  marqueectl sentiment evaluate reviews.csv --folds 5 --seed 1\n"
      "  marqueectl sentiment evaluate rt-polarity --encoding windows-1252\n"
      "  marqueectl sentiment evaluate reviews.jsonl --method counts --ngrams 2 --c 0.5");
  c->callback([&] { run = [&] { return EvaluateSentiment(context, evaluate); }; });

  static SentimentTrainFlags train;
  c = sentiment->add_subcommand("train",
                                "Train on labelled texts, judge, register and, if better, promote");
  AddFlags(*c, train.data);
  c->add_option("--out", train.out,
                "Write the model and its card there, with their evaluation artefact, and register "
                "nothing");
  c->add_flag("--force-promotion", train.force_promotion,
              "Promote even what does not beat the champion");
  c->footer(
      std::string(kFiles) +
      "A fifth of the texts is held out, by what they say, to judge the new model and the "
      "champion alike; what\n"
      "is served is then trained on all. Needs an administrator's login; on any error nothing "
      "is registered.\n\n"
      "  marqueectl login admin@example.com && marqueectl sentiment train reviews.csv\n"
      "  marqueectl sentiment train rt-polarity --encoding windows-1252 --out sentiment");
  c->callback([&] { run = [&] { return TrainSentiment(context, train); }; });
}

}  // namespace marquee::ctl
