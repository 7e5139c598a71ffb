// UUIDs (RFC 9562): version 7, ordered by time, for ids that we choose; version 5, derived from a
// name, for ids that must come out the same twice.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace marquee {

class Uuid {
 public:
  static Uuid V7(Time now);  // random bits from the operating system. Thread-safe.
  static Uuid V5(const Uuid& name_space, std::string_view name);
  static std::optional<Uuid> Parse(std::string_view text);  // 8-4-4-4-12 hex digits, either case
  static std::optional<Uuid> FromBytes(std::string_view bytes);  // exactly 16

  std::string ToString() const;  // lower case
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;  // NOLINT(modernize-use-nullptr)

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// `count` random bytes from the operating system's generator.
std::string RandomBytes(std::size_t count);

}  // namespace marquee
