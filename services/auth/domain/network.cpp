#include "auth/domain/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace marquee::auth {
namespace {

// Digits, none of them a leading zero, at most `most`.
std::optional<int> ParsePrefix(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = error == std::errc{} && end == text.data() + text.size() && text[0] != '-';
  if (!number || (text.size() > 1 && text[0] == '0') || value > most) return std::nullopt;
  return value;
}

// Whether the first `bits` bits are the same.
bool SameBits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
              int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + bits / 8, b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] >> (8 - rest)) == (b[whole] >> (8 - rest));
}

constexpr std::array<std::uint8_t, 16> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int kMappedBits = 96;

}  // namespace

std::optional<Network> Network::Parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  // inet_pton stops at a zero byte.
  if (address.find('\0') != address.npos) return std::nullopt;
  Network network;
  if (inet_pton(AF_INET, address.c_str(), network.bytes_.data()) == 1) {
    network.family_bits_ = 32;
  } else if (inet_pton(AF_INET6, address.c_str(), network.bytes_.data()) == 1) {
    network.family_bits_ = 128;
  } else {
    return std::nullopt;
  }
  network.prefix_ = network.family_bits_;
  if (slash != text.npos) {
    const auto prefix = ParsePrefix(text.substr(slash + 1), network.family_bits_);
    if (!prefix) return std::nullopt;
    network.prefix_ = *prefix;
  }
  const auto given = network.bytes_;
  network.Mask();
  if (network.bytes_ != given) return std::nullopt;
  if (network.family_bits_ == 128 && network.prefix_ >= kMappedBits &&
      SameBits(network.bytes_, kMapped, kMappedBits)) {
    std::rotate(network.bytes_.begin(), network.bytes_.begin() + 12, network.bytes_.end());
    std::fill(network.bytes_.begin() + 4, network.bytes_.end(), 0);
    network.family_bits_ = 32;
    network.prefix_ -= kMappedBits;
  }
  return network;
}

bool Network::Contains(const Network& other) const {
  return family_bits_ == other.family_bits_ && prefix_ <= other.prefix_ &&
         SameBits(bytes_, other.bytes_, prefix_);
}

std::string Network::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family_bits_ == 32 ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return std::string(text.data()) + (prefix_ == family_bits_ ? "" : "/" + std::to_string(prefix_));
}

Network Network::OfIpv6Prefix(int prefix) const {
  Network network = *this;
  if (family_bits_ == 128) network.prefix_ = std::min(prefix_, prefix);
  network.Mask();
  return network;
}

void Network::Mask() {
  for (int bit = prefix_; bit < family_bits_; ++bit)
    bytes_[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
}

std::string NetworkOf(std::string_view address) {
  constexpr int kSubscriber = 64;
  const auto parsed = Network::Parse(address);
  return parsed ? parsed->OfIpv6Prefix(kSubscriber).ToString() : std::string(address);
}

}  // namespace marquee::auth
