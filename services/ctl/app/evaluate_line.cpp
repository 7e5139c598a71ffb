#include "ctl/app/evaluate_line.h"

#include <CLI/CLI.hpp>

namespace marquee::ctl {

void AddReadingFlags(CLI::App& command, ReadingFlags& flags) {
  command
      .add_option(
          "--encoding", flags.encoding,
          "Of the files: UTF-8 by default, and Windows-1252 for lines of MovieLens' .dat and "
          "u.item that aren't")
      ->check(CLI::IsMember({"utf-8", "windows-1252"}));
  command.add_option("--ratings-columns", flags.ratings_columns,
                     "Of ratings without a header line, in their order, as in "
                     "userId,movieId,rating,timestamp");
  command.add_option("--movies-columns", flags.movies_columns,
                     "Of movies without a header line, as in movieId,title,genres");
}

void AddEvaluate(CLI::App& app, const Context& context, std::function<int()>& run) {
  static EvaluateFlags flags;
  auto* c =
      app.add_subcommand("evaluate", "Train and judge models on a data set, without any server");
  c->add_option("--data", flags.data, "The data set's folder, in any format that import reads")
      ->required();
  AddReadingFlags(*c, flags.reading);
  c->add_option("--task", flags.task,
                "ranking: which movies; rating: how many stars; intervals: how sure it is of them; "
                "cold-items: movies that nobody has rated")
      ->check(CLI::IsMember(EvaluationTasks()))
      ->capture_default_str();
  c->add_option("--split", flags.split,
                "What is held out: random-users (ranking's default), temporal, leave-last; "
                "random-ratings (default of rating and intervals)")
      ->check(CLI::IsMember(EvaluationSplits()));
  c->add_option("--algorithm", flags.algorithms,
                "auto, an algorithm, several joined by + (a blend); several methods with commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->default_str("auto");
  c->add_flag("--peers", flags.peers, "Every built-in algorithm for the task, too");
  c->add_option("--against", flags.against,
                "From which method differences are: first, best, or a method's name")
      ->capture_default_str();
  c->add_option("--folds", flags.folds, "Of cross-validation")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  c->add_option("--seed", flags.seed, "Of the folds and the training")->capture_default_str();
  c->add_option("--factors", flags.factors, "Latent factors; 0: the default")
      ->check(CLI::Range(0, 512))
      ->capture_default_str();
  c->add_option("--option", flags.options,
                "An option of the algorithms asked for, NAME=VALUE; may be repeated")
      ->allow_extra_args(false);
  c->add_option("--search-trials", flags.search.trials,
                "Rankings asked for: sets of options tried on each fold's training part; 0: none")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  c->add_option("--search-seconds", flags.search.seconds, "At most for each search; 0: no limit")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  c->add_option("--search-liked-share", flags.search.liked_share,
                "Of what the search goes by: liked films beside all, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  c->add_option("--write-folds", flags.write_folds,
                "A folder for the folds as CSV, so that anyone judges the same");
  c->add_option("--report", flags.report, "An HTML file: charts and tables, one page");
  c->footer(
      "Splits (people are dealt into folds; those of a fold are held out, all others train):\n"
      "  random-users    of each held-out person's ratings 80 % are given, a fifth is predicted\n"
      "  temporal        the same, the last fifth by time\n"
      "  leave-last      the same, the very last\n"
      "  random-ratings  ratings, not people, are dealt into folds\n"
      "cold-items deals movies into folds and hides all ratings of a fold's.\n\n"
      "Rankings are of the whole catalogue. Differences are paired by person, with standard "
      "errors:\n"
      "one that isn't twice its error may be chance.\n\n"
      "  marqueectl evaluate --data ml-latest-small --peers --report report.html\n"
      "  marqueectl evaluate --data ml-latest-small --algorithm ease,ials,ials+ease --against "
      "best\n"
      "  marqueectl evaluate --data ml-latest-small --split temporal --write-folds folds\n"
      "  marqueectl evaluate --data ml-latest-small --task intervals\n\n"
      "What is measured, and what the files hold: docs/evaluation.md.");
  c->callback([&] { run = [&] { return Evaluate(context, flags); }; });
}

}  // namespace marquee::ctl
