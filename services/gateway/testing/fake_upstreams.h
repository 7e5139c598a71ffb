// A service that answers what the test says, at once or when the test lets it.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/clients/upstreams.h"

namespace marquee::gateway::testing {

class FakeUpstreams final : public Upstreams {
 public:
  using Answer = std::function<Outcome(const Rpc& rpc, const google::protobuf::Message& request,
                                       google::protobuf::Message& response)>;
  struct Seen {
    const Rpc* rpc;
    Outbound outbound;
  };

  // How every call is answered; without this, with an empty message.
  void AnswerWith(Answer answer) { answer_ = std::move(answer); }
  // Keeps the calls until Release.
  void Hold() { hold_ = true; }
  void Release() {
    for (const auto& call : std::exchange(held_, {})) call();
  }
  std::vector<Seen> seen;

  void Call(const Rpc& rpc, const google::protobuf::Message& request,
            google::protobuf::Message& response, const Outbound& outbound,
            std::function<void(Outcome)> done) override {
    {
      const std::lock_guard lock(mutex_);
      seen.push_back({&rpc, outbound});
    }
    auto work = [this, &rpc, &request, &response, done = std::move(done)] {
      done(answer_ ? answer_(rpc, request, response) : Outcome{});
    };
    if (!hold_) return work();
    held_.push_back(std::move(work));
  }
  void Finish() override {}
  std::map<std::string, std::string> States() const override { return {}; }

 private:
  std::mutex mutex_;
  Answer answer_;
  bool hold_ = false;
  std::vector<std::function<void()>> held_;
};

}  // namespace marquee::gateway::testing
