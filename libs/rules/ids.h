// Whose ids are which (docs/adr/0003-imported-users-and-accounts.md), and how great one may be.
#pragma once

#include <cstdint>

namespace marquee::rules {

// 2^53 − 1: above it JavaScript, and all that keeps numbers as doubles, sees another id.
inline constexpr std::int64_t kMostId = (std::int64_t{1} << 53) - 1;

// Imports bring users and movies with ids from 1 to this; above it are accounts, and the movies
// that the catalogue numbered.
inline constexpr std::int64_t kMostImportedId = 999'999'999;

constexpr bool IsImportedId(std::int64_t id) { return id >= 1 && id <= kMostImportedId; }

}  // namespace marquee::rules
