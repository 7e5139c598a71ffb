#include "models/sentiment/count_vectorizer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

namespace marquee::models::sentiment {
namespace {

struct Frequency {
  int64_t texts = 0;  // that have it
  int64_t count = 0;  // in all of them
  int64_t last = -1;  // text that counted it
};

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Frequencies = std::unordered_map<std::string, Frequency, Hash, std::equal_to<>>;

template <typename Each>
void ForEachGram(const Tokens& tokens, const VectorizerOptions& options, const Each& each) {
  const auto most = static_cast<size_t>(options.ngram_max);
  for (auto n = static_cast<size_t>(options.ngram_min); n <= most; ++n) {
    for (size_t first = 0; first + n <= tokens.size(); ++first) each(tokens.Gram(first, n));
  }
}

double InTexts(const DocumentFrequency& frequency, size_t texts) {
  if (const auto* number = std::get_if<int64_t>(&frequency)) return static_cast<double>(*number);
  return std::get<double>(frequency) * static_cast<double>(texts);
}

Error TooLarge() {
  return Error::InvalidArgument(
      "data_too_large",
      "The texts have more different terms than can be held: use fewer texts, or shorter n-grams.");
}

Result<Frequencies> CountAll(std::span<const std::string_view> texts,
                             const VectorizerOptions& options) {
  Frequencies frequencies;
  Tokens tokens;
  for (size_t text = 0; text < texts.size(); ++text) {
    tokens.Read(texts[text], options.tokens);
    ForEachGram(tokens, options, [&](std::string_view gram) {
      auto found = frequencies.find(gram);
      if (found == frequencies.end()) found = frequencies.emplace(gram, Frequency{}).first;
      auto& frequency = found->second;
      const bool first = frequency.last != static_cast<int64_t>(text);
      frequency.last = static_cast<int64_t>(text);
      frequency.texts += first ? 1 : 0;
      frequency.count += first || !options.binary ? 1 : 0;
    });
    if (static_cast<int64_t>(frequencies.size()) > CountVectorizer::kMostTerms) return TooLarge();
  }
  return frequencies;
}

using Entry = Frequencies::value_type;

// Those that the options keep, by their bytes.
std::vector<const Entry*> Kept(const Frequencies& frequencies, size_t texts,
                               const VectorizerOptions& options) {
  const double least = InTexts(options.min_df, texts);
  const double most = InTexts(options.max_df, texts);
  std::vector<const Entry*> kept;
  for (const auto& entry : frequencies) {
    const auto in = static_cast<double>(entry.second.texts);
    if (in >= least && in <= most) kept.push_back(&entry);
  }
  const auto limit = static_cast<size_t>(options.max_features);
  if (limit > 0 && kept.size() > limit) {
    const auto more = [](const Entry* a, const Entry* b) {
      return a->second.count != b->second.count ? a->second.count > b->second.count
                                                : a->first < b->first;
    };
    std::nth_element(kept.begin(), kept.begin() + options.max_features - 1, kept.end(), more);
    kept.resize(limit);
  }
  std::sort(kept.begin(), kept.end(),
            [](const Entry* a, const Entry* b) { return a->first < b->first; });
  return kept;
}

}  // namespace

Result<CountVectorizer> CountVectorizer::Fit(std::span<const std::string_view> texts,
                                             const VectorizerOptions& options) {
  if (InTexts(options.max_df, texts.size()) < InTexts(options.min_df, texts.size()))
    return Error::InvalidArgument("document_frequencies_unfit",
                                  "max_df is fewer texts than min_df: no term can be in both.",
                                  "max_df");
  ASSIGN_OR_RETURN(const Frequencies frequencies, CountAll(texts, options));
  std::string bytes;
  std::vector<int64_t> offsets = {0};
  for (const Entry* entry : Kept(frequencies, texts.size(), options)) {
    bytes += entry->first;
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  }
  if (bytes.empty())
    return Error::InvalidArgument("vocabulary_empty",
                                  "No word is left for the vocabulary: the texts are empty, or "
                                  "min_df and max_df leave none.");
  ASSIGN_OR_RETURN(auto vocabulary, Vocabulary::Make(std::move(bytes), std::move(offsets)));
  return CountVectorizer(options, std::move(vocabulary));
}

void CountVectorizer::Count(std::string_view text, Tokens& tokens,
                            std::vector<TermCount>& counts) const {
  counts.clear();
  tokens.Read(text, options_.tokens);
  ForEachGram(tokens, options_, [&](std::string_view gram) {
    const int32_t term = vocabulary_.Find(gram);
    if (term >= 0) counts.push_back({term, 1});
  });
  std::sort(counts.begin(), counts.end(),
            [](const TermCount& a, const TermCount& b) { return a.term < b.term; });
  size_t last = 0;
  for (size_t i = 1; i < counts.size(); ++i) {
    if (counts[i].term == counts[last].term) {
      counts[last].count += options_.binary ? 0 : 1;
    } else {
      counts[++last] = counts[i];
    }
  }
  if (!counts.empty()) counts.resize(last + 1);
}

Result<Features> CountVectorizer::Transform(std::span<const std::string_view> texts) const {
  Features features;
  features.columns = vocabulary_.size();
  Tokens tokens;
  std::vector<TermCount> counts;
  for (const std::string_view text : texts) {
    Count(text, tokens, counts);
    if (features.column.size() + counts.size() >
        static_cast<size_t>(std::numeric_limits<int32_t>::max()))
      return TooLarge();
    for (const auto& [term, count] : counts) {
      features.column.push_back(term);
      features.value.push_back(count);
    }
    features.offsets.push_back(static_cast<int32_t>(features.column.size()));
  }
  return features;
}

Features Features::Rows(const std::vector<int32_t>& rows) const {
  Features chosen;
  chosen.columns = columns;
  for (const int32_t row : rows) {
    const auto begin = offsets[static_cast<size_t>(row)];
    const auto end = offsets[static_cast<size_t>(row) + 1];
    chosen.column.insert(chosen.column.end(), column.begin() + begin, column.begin() + end);
    chosen.value.insert(chosen.value.end(), value.begin() + begin, value.begin() + end);
    chosen.offsets.push_back(static_cast<int32_t>(chosen.column.size()));
  }
  return chosen;
}

}  // namespace marquee::models::sentiment
