// Words of titles and queries, and how far apart two are.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace marquee::catalog {

std::vector<std::string_view> Words(std::string_view text);  // what stands between spaces

// The least number of insertions, deletions, replacements and swaps of neighbouring bytes that turn
// one word into the other (optimal string alignment); `most` + 1 for any number above `most`.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace marquee::catalog
