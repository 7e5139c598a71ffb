// marquee.erasures.v1 and marquee.erasure-receipts.v1: people who are no more, and who has nothing
// of theirs any more. Bytes ⇄ values (docs/adr/0608).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/producer.h"

namespace marquee::erasures {

inline constexpr std::string_view kErasuresTopic = "marquee.erasures.v1";
inline constexpr std::string_view kReceiptsTopic = "marquee.erasure-receipts.v1";
inline constexpr std::size_t kMostErasureIdBytes = 64;
inline constexpr std::size_t kMostServiceNameBytes = 32;

struct Erasure {
  std::int64_t user_id = 0;
  std::string erasure_id = {};
  Time requested_at{};

  friend bool operator==(const Erasure&, const Erasure&) = default;
};

struct Receipt {
  std::int64_t user_id = 0;
  std::string service = {};
  Time confirmed_at{};

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// The records, with their topics and keys.
kafka::Outgoing ToMessage(const Erasure& erasure);
kafka::Outgoing ToMessage(const Receipt& receipt);
// InvalidArgument "undecodable".
Result<Erasure> DecodeErasure(std::string_view value);
Result<Receipt> DecodeReceipt(std::string_view value);

}  // namespace marquee::erasures
