#include "ctl/files/fields.h"

#include <algorithm>

namespace marquee::ctl {

void SplitPlain(std::string_view record, std::string_view separator,
                std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const auto at = separator.size() == 1 ? record.find(separator[0]) : record.find(separator);
    fields.push_back(record.substr(0, at));
    if (at == std::string_view::npos) return;
    record.remove_prefix(at + separator.size());
  }
}

Quotes SplitQuoted(std::string_view record, char separator, std::vector<std::string_view>& fields,
                   std::string& unquoted) {
  fields.clear();
  unquoted.clear();
  unquoted.reserve(record.size());  // so that views of it stay
  for (;;) {
    if (!record.starts_with('"')) {
      const auto at = record.find(separator);
      fields.push_back(record.substr(0, at));
      if (at == std::string_view::npos) return Quotes::kClosed;
      record.remove_prefix(at + 1);
      continue;
    }
    const std::size_t begin = unquoted.size();
    record.remove_prefix(1);
    for (;;) {
      const auto quote = record.find('"');
      if (quote == std::string_view::npos) return Quotes::kOpen;
      unquoted.append(record.substr(0, quote));
      record.remove_prefix(quote + 1);
      if (!record.starts_with('"')) break;
      unquoted += '"';
      record.remove_prefix(1);
    }
    fields.push_back(std::string_view(unquoted).substr(begin));
    if (record.empty()) return Quotes::kClosed;
    if (record[0] != separator) return Quotes::kBad;
    record.remove_prefix(1);
  }
}

}  // namespace marquee::ctl
