// How long a review's sentiment takes. By tests/bench/sentiment_vs_sklearn.py, which gives both the
// same texts; alone: bench_sentiment TRAIN.tsv TEXTS.tsv [--plain], lines of "1<tab>text" or "0<tab>text".
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "models/sentiment/fit.h"
#include "models/sentiment/metrics.h"

namespace {

using marquee::models::sentiment::LabelledText;
using Clock = std::chrono::steady_clock;

std::vector<LabelledText> Read(const char* path) {
  std::vector<LabelledText> texts;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.size() > 2) texts.push_back({line.substr(2), line[0] == '1'});
  }
  return texts;
}

double Microseconds(Clock::duration took) {
  return std::chrono::duration<double, std::micro>(took).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "bench_sentiment TRAIN.tsv TEXTS.tsv [--plain]\n");
    return 2;
  }
  const auto train = Read(argv[1]);
  const auto texts = Read(argv[2]);
  const bool plain = argc > 3 && std::string_view(argv[3]) == "--plain";
  marquee::models::sentiment::FitOptions options;
  if (plain) options = marquee::models::sentiment::PlainCounts();
  const auto began = Clock::now();
  const auto fitted = Fit(train, options);
  if (!fitted.ok()) {
    std::fprintf(stderr, "%s\n", fitted.error().ToString().c_str());
    return 1;
  }
  std::printf("fit %.3f s, C = %g, %d terms\n", Microseconds(Clock::now() - began) / 1e6, fitted->c,
              fitted->classifier->vectorizer().vocabulary().size());
  const auto& classifier = *fitted->classifier;
  std::vector<double> judged;
  std::vector<double> explained;
  std::vector<marquee::models::sentiment::Contribution> contributions;
  int right = 0;
  for (const auto& text : texts) {
    auto at = Clock::now();
    const auto judgement = classifier.Judge(text.text);
    judged.push_back(Microseconds(Clock::now() - at));
    right += judgement.positive() == text.positive ? 1 : 0;
    at = Clock::now();
    classifier.Explain(text.text, contributions);
    explained.push_back(Microseconds(Clock::now() - at));
  }
  const auto show = [](const char* what, std::vector<double> times) {
    std::sort(times.begin(), times.end());
    std::printf("%s p50 %.1f us, p99 %.1f us\n", what, times[times.size() / 2],
                times[times.size() * 99 / 100]);
  };
  show("judge", judged);
  show("explain", explained);
  std::printf("accuracy %.4f of %zu\n",
              static_cast<double>(right) / static_cast<double>(texts.size()), texts.size());
  return 0;
}
