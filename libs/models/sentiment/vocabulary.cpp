#include "models/sentiment/vocabulary.h"

#include <bit>
#include <functional>
#include <limits>
#include <utility>

#include "models/algorithm.h"

namespace marquee::models::sentiment {

Result<Vocabulary> Vocabulary::Make(std::string bytes, std::vector<int64_t> offsets) {
  if (offsets.empty() || offsets.front() != 0 ||
      offsets.back() != static_cast<int64_t>(bytes.size()) ||
      offsets.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max() / 4))
    return Unfit("the offsets of the vocabulary's terms don't fit");
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    if (offsets[i] >= offsets[i + 1]) return Unfit("a term of the vocabulary is empty");
  }
  Vocabulary vocabulary;
  vocabulary.bytes_ = std::move(bytes);
  vocabulary.offsets_ = std::move(offsets);
  const int32_t size = vocabulary.size();
  const size_t slots = std::bit_ceil(2 * static_cast<size_t>(size) + 1);
  vocabulary.slots_.assign(slots, -1);
  for (int32_t number = 0; number < size; ++number) {
    const auto term = vocabulary.term(number);
    if (number > 0 && vocabulary.term(number - 1) >= term)
      return Unfit("the vocabulary's terms don't ascend");
    size_t at = std::hash<std::string_view>{}(term) & (slots - 1);
    while (vocabulary.slots_[at] >= 0) at = (at + 1) & (slots - 1);
    vocabulary.slots_[at] = number;
  }
  return vocabulary;
}

std::string_view Vocabulary::term(int32_t number) const {
  const auto begin = static_cast<size_t>(offsets_[static_cast<size_t>(number)]);
  const auto end = static_cast<size_t>(offsets_[static_cast<size_t>(number) + 1]);
  return std::string_view(bytes_).substr(begin, end - begin);
}

int32_t Vocabulary::Find(std::string_view wanted) const {
  if (slots_.empty()) return -1;
  const size_t mask = slots_.size() - 1;
  for (size_t at = std::hash<std::string_view>{}(wanted)&mask; slots_[at] >= 0;
       at = (at + 1) & mask) {
    if (term(slots_[at]) == wanted) return slots_[at];
  }
  return -1;
}

}  // namespace marquee::models::sentiment
