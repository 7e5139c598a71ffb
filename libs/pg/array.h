// PostgreSQL arrays as parameters and results: one round trip for many rows.
//
//   tx.exec_params("INSERT INTO t SELECT * FROM unnest($1::bigint[], $2::text[])", Array(ids),
//   Array(titles));
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::pg {

// Array literals, escaped. Non-finite numbers are written as PostgreSQL reads them (NaN, Infinity).
std::string Array(std::span<const std::int64_t> values);
std::string Array(std::span<const std::int32_t> values);
std::string Array(std::span<const float> values);
std::string Array(std::span<const double> values);
std::string Array(std::span<const std::string> values);
std::string Array(const std::vector<bool>& values);
std::string Array(std::span<const std::optional<float>> values);  // nullopt: NULL
std::string Array(std::span<const std::optional<std::string>> values);
std::string Array(std::span<const std::optional<std::int64_t>> values);

// What PostgreSQL prints for a one-dimensional text[] or bigint[]. DataLoss "array_malformed"
// otherwise; a NULL element is refused as well.
Result<std::vector<std::string>> ParseTextArray(std::string_view text);
Result<std::vector<std::int64_t>> ParseInt64Array(std::string_view text);

}  // namespace marquee::pg
