#include "auth/domain/api_key.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "base/unicode.h"
#include "rules/scope.h"

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
  auto masked = network.bytes_;
  for (int bit = network.prefix_; bit < network.family_bits_; ++bit)
    masked[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  if (masked != network.bytes_) return std::nullopt;
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

bool ApiKey::AllowsAddress(std::string_view address) const {
  if (networks.empty()) return true;
  if (address.find('/') != address.npos) return false;
  const auto one = Network::Parse(address);
  return one && std::ranges::any_of(networks,
                                    [&](const Network& network) { return network.Contains(*one); });
}

Result<std::string> MakeApiKeyName(std::string_view text) {
  text = Trimmed(text);
  if (text.empty() || CodePoints(text) > 100 || HasControls(text) || !IsVisible(text) ||
      HasHidden(text)) {
    return Error::InvalidArgument(
        "api_key_name_malformed",
        "A key's name is one line of 1 to 100 characters, all of which can be seen.", "name");
  }
  return std::string(text);
}

Result<std::vector<std::string>> ParseScopes(std::span<const std::string> names) {
  if (names.empty())
    return Error::InvalidArgument("scopes_missing", "A key has at least one scope.", "scopes");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (rules::FindScope(names[i]) != nullptr) continue;
    std::string known;
    for (const auto& scope : rules::kScopes)
      known += (known.empty() ? "" : ", ") + std::string(scope.name);
    return Error::InvalidArgument("scope_unknown",
                                  "There is no such scope: scopes are " + known + ".",
                                  "scopes[" + std::to_string(i) + "]");
  }
  std::vector<std::string> scopes;
  for (const auto& scope : rules::kScopes) {
    if (std::ranges::count(names, scope.name) > 0) scopes.emplace_back(scope.name);
  }
  return scopes;
}

Result<std::vector<Network>> ParseNetworks(std::span<const std::string> texts) {
  if (texts.size() > kMostNetworks) {
    return Error::InvalidArgument(
        "networks_too_many", "A key has at most " + std::to_string(kMostNetworks) + " networks.",
        "networks");
  }
  std::vector<Network> networks;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto network = Network::Parse(texts[i]);
    if (!network) {
      return Error::InvalidArgument("network_malformed",
                                    "A network is an IPv4 or IPv6 address, perhaps with a prefix "
                                    "beyond which no bit is set, as in 203.0.113.0/24.",
                                    "networks[" + std::to_string(i) + "]");
    }
    if (std::ranges::count(networks, *network) == 0) networks.push_back(*network);
  }
  return networks;
}

}  // namespace marquee::auth
