#include "ctl/domain/dataset.h"

#include <algorithm>

namespace marquee::ctl {

void Lines::Begin(const std::string& file) { files_.push_back({file, end_}); }

std::uint32_t Lines::Count(std::uint64_t line_of_file) {
  end_ = std::max(end_, files_.back().before + line_of_file);
  return static_cast<std::uint32_t>(files_.back().before + line_of_file);
}

Lines::Place Lines::Find(std::uint32_t line) const {
  const auto after = std::find_if(files_.begin(), files_.end(),
                                  [line](const File& file) { return file.before >= line; });
  if (after == files_.begin()) return {"", line};
  const File& file = *std::prev(after);
  return {file.name, line - file.before};
}

double TableReport::ShareTaken() const {
  const std::uint64_t own = rows - duplicates;
  return own == 0 ? 0 : static_cast<double>(taken) / static_cast<double>(own);
}

}  // namespace marquee::ctl
