// Where somebody is, by the address that the edge saw.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::auth {

// An address or a network, IPv4 or IPv6. An IPv4 address that is written as IPv6 (::ffff:192.0.2.1,
// RFC 4291, section 2.5.5.2) is IPv4's, and so are networks of them.
class Network {
 public:
  // "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". nullopt for anything else: leading zeros, a
  // prefix that is too long, bits beyond it, an interface's name.
  static std::optional<Network> Parse(std::string_view text);

  bool Contains(const Network& other) const;
  // The network of that prefix that it is in, if it is IPv6's and not as large already.
  Network OfIpv6Prefix(int prefix) const;
  // As inet_ntop writes it (RFC 5952), with the prefix unless it is one address.
  std::string ToString() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  void Mask();  // clears the bits beyond the prefix

  int family_bits_ = 0;  // 32 or 128
  int prefix_ = 0;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address has the first four
};

// The client's address as far as it tells people apart: an IPv4 address whole, of an IPv6 address
// the /64 that one subscriber has. What is no address stays as it is.
std::string NetworkOf(std::string_view address);

}  // namespace marquee::auth
