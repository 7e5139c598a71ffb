#include "auth/domain/identity.h"

#include <algorithm>
#include <array>

namespace marquee::auth {
namespace {

constexpr std::size_t kMostUrl = 2000;

// Host and port; empty when it isn't of that scheme.
std::string_view AuthorityOf(std::string_view url, std::string_view scheme) {
  if (!url.starts_with(scheme)) return {};
  url.remove_prefix(scheme.size());
  return url.substr(0, url.find_first_of("/?"));
}

}  // namespace

bool IsLoopbackUrl(std::string_view url) {
  constexpr std::array<std::string_view, 3> kHosts{"127.0.0.1", "[::1]", "localhost"};
  const auto authority = AuthorityOf(url, "http://");
  return std::ranges::any_of(kHosts, [&](std::string_view host) {
    if (!authority.starts_with(host)) return false;
    const auto port = authority.substr(host.size());
    return port.empty() || (port.starts_with(':') && port.find('@') == port.npos);
  });
}

bool IsProviderUrl(std::string_view url, bool loopback) {
  const bool plain = url.size() <= kMostUrl && std::ranges::all_of(url, [](char c) {
                       return c > ' ' && c <= '~' &&
                              std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
                     });
  if (!plain) return false;
  if (loopback && IsLoopbackUrl(url)) return true;
  const auto authority = AuthorityOf(url, "https://");
  return !authority.empty() && authority.find('@') == authority.npos && authority.front() != ':';
}

}  // namespace marquee::auth
