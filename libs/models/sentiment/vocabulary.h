// Terms by number and numbers by term. Immutable; any number of threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::models::sentiment {

class Vocabulary {
 public:
  Vocabulary() = default;
  // Of terms in ascending order of their bytes, each once, none of them empty: `bytes` has them one
  // behind the other, term i is [offsets[i], offsets[i + 1]). InvalidArgument "model_unfit".
  static Result<Vocabulary> Make(std::string bytes, std::vector<int64_t> offsets);

  int32_t size() const { return static_cast<int32_t>(offsets_.size()) - 1; }
  std::string_view term(int32_t number) const;
  // -1: it isn't there.
  int32_t Find(std::string_view term) const;

  const std::string& bytes() const { return bytes_; }
  const std::vector<int64_t>& offsets() const { return offsets_; }

 private:
  std::string bytes_;
  std::vector<int64_t> offsets_ = {0};
  std::vector<int32_t> slots_;  // open addressing, a power of two, at most half full; -1: free
};

}  // namespace marquee::models::sentiment
