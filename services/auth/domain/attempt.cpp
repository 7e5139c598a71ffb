#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "auth/domain/ports.h"

namespace marquee::auth {

std::string NetworkOf(std::string_view address) {
  in6_addr parsed{};
  const std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    std::array<char, INET_ADDRSTRLEN> printed{};
    inet_ntop(AF_INET, &parsed.s6_addr[12], printed.data(), printed.size());
    return printed.data();
  }
  std::memset(&parsed.s6_addr[8], 0, 8);
  std::array<char, INET6_ADDRSTRLEN> printed{};
  inet_ntop(AF_INET6, &parsed, printed.data(), printed.size());
  return std::string(printed.data()) + "/64";
}

}  // namespace marquee::auth
