#include "gateway/clients/peers.h"

#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <set>
#include <utility>

namespace marquee::gateway {
namespace {

constexpr std::chrono::seconds kPeriod{5};

}  // namespace

int AddressesOf(const std::string& host) {
  const addrinfo hints{.ai_flags = AI_ADDRCONFIG,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return 0;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
  // Of one family: with two of them, a pod has two addresses.
  int most = 0;
  for (const int family : {AF_INET, AF_INET6}) {
    std::set<std::string> addresses;
    for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
      if (one->ai_family == family)
        addresses.emplace(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen);
    }
    most = std::max(most, static_cast<int>(addresses.size()));
  }
  return most;
}

Peers::Peers(std::string name, metrics::Metrics& metrics)
    : name_(std::move(name)),
      gauge_(metrics.AddGauge("marquee_gateway_replicas",
                              "Gateways that share each caller's quota, as this one knows")),
      looking_(kPeriod, [this](const std::stop_token&) -> std::optional<std::chrono::milliseconds> {
        if (!name_.empty()) {
          if (const int found = AddressesOf(name_); found > 0) count_ = found;
        }
        gauge_.Set(count_);
        return std::nullopt;
      }) {}

}  // namespace marquee::gateway
