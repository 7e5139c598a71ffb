// Announcer: ModelPromoted on marquee.models.v1, key "<model>/<alias>".
#pragma once

#include <chrono>
#include <string>

#include "registry/domain/ports.h"

namespace marquee::kafka {
class Producer;
}

namespace marquee::registry {

class ModelAnnouncer final : public Announcer {
 public:
  ModelAnnouncer(kafka::Producer& producer, std::string topic, std::chrono::milliseconds timeout)
      : producer_(producer), topic_(std::move(topic)), timeout_(timeout) {}
  Status Announce(const Promotion& promotion, const CallContext& call) override;

 private:
  kafka::Producer& producer_;
  std::string topic_;
  std::chrono::milliseconds timeout_;
};

}  // namespace marquee::registry
