#include "gateway/clients/key_exchange.h"

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <utility>

#include "base/acknowledgements.h"
#include "logging/log.h"
#include "marquee/auth/v1/auth.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::gateway {
namespace {

using auth::v1::AuthService;

Error AuthUnavailable() {
  return Error::Unavailable("auth_unavailable",
                            "API keys can't be checked for the moment: try again shortly.");
}

class GrpcKeyExchange final : public KeyExchange {
 public:
  GrpcKeyExchange(std::shared_ptr<grpc::Channel> auth, std::string service, std::string secret,
                  const Clock& clock)
      : channel_(std::move(auth)),
        stub_(AuthService::NewStub(channel_)),
        service_(std::move(service)),
        secret_(std::move(secret)),
        clock_(clock) {}
  ~GrpcKeyExchange() override { GrpcKeyExchange::Finish(); }

  void Trade(const std::string& key, const std::string& client_address,
             std::chrono::milliseconds deadline, Done done) override {
    auto flight = std::make_shared<Flight>(*this, clock_.Now() + deadline, std::move(done));
    flight->trade.set_key(key);
    flight->trade.set_client_address(client_address);
    Ask(flight);
  }

  void Finish() override { in_flight_.WaitForAll(); }

 private:
  // One trade under way: perhaps for a token of our own first, and once more if that was refused.
  // Its contexts hold the channel, which must not end on gRPC's own thread: see Upstreams.
  struct Flight {
    Flight(GrpcKeyExchange& owner, Time deadline, Done done)
        : owner(owner), deadline(deadline), done(std::move(done)) {
      owner.in_flight_.Expect();
    }
    ~Flight() {
      context.reset();
      done = nullptr;
      owner.in_flight_.Report({});
    }
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

    GrpcKeyExchange& owner;
    const Time deadline;
    Done done;
    std::unique_ptr<grpc::ClientContext> context;
    auth::v1::IssueServiceTokenRequest issue;
    auth::v1::IssueServiceTokenResponse issued;
    auth::v1::TradeApiKeyRequest trade;
    auth::v1::TradeApiKeyResponse traded;
    bool again = false;
  };
  using FlightPtr = std::shared_ptr<Flight>;

  grpc::ClientContext* Context(Flight& flight, const std::string& bearer) {
    flight.context = std::make_unique<grpc::ClientContext>();
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(flight.deadline - clock_.Now());
    rpc::ActAsService(*flight.context, bearer, std::max(left, std::chrono::milliseconds{0}));
    return flight.context.get();
  }

  void Ask(const FlightPtr& flight) {
    std::string bearer;
    bool renew = false;
    {
      const std::lock_guard lock(mutex_);
      const Time now = clock_.Now();
      if (now < expires_at_) bearer = bearer_;
      // One renews it before it expires, while the others go on with what there is.
      renew = bearer.empty() || (now >= renew_at_ && !std::exchange(renewing_, true));
    }
    if (renew) return AskForOurs(flight, bearer);
    AskForTheirs(flight, bearer);
  }

  void AskForOurs(const FlightPtr& flight, const std::string& bearer) {
    flight->issue.set_service(service_);
    flight->issue.set_secret(secret_);
    stub_->async()->IssueServiceToken(
        Context(*flight, {}), &flight->issue, &flight->issued,
        [this, flight, bearer](const grpc::Status& status) {
          flight->context.reset();
          if (status.ok()) {
            Keep(flight->issued);
            return AskForTheirs(flight, flight->issued.access_token());
          }
          {
            const std::lock_guard lock(mutex_);
            renewing_ = false;
          }
          const Error error = rpc::FromGrpc(status);
          logging::Warning("no token of our own from auth",
                           {{"code", Name(error.code)}, {"reason", error.reason}});
          if (!bearer.empty()) return AskForTheirs(flight, bearer);
          std::exchange(flight->done, nullptr)(AuthUnavailable());
        });
  }

  void AskForTheirs(const FlightPtr& flight, const std::string& bearer) {
    flight->traded.Clear();
    stub_->async()->TradeApiKey(Context(*flight, bearer), &flight->trade, &flight->traded,
                                [this, flight](const grpc::Status& status) {
                                  flight->context.reset();
                                  Land(flight, status);
                                });
  }

  void Land(const FlightPtr& flight, const grpc::Status& status) {
    if (status.ok()) {
      return std::exchange(flight->done, nullptr)(
          Token{flight->traded.access_token(), std::chrono::seconds{flight->traded.expires_in()}});
    }
    Error error = rpc::FromGrpc(status);
    const bool refused = error.code == Code::kUnauthenticated ||
                         error.code == Code::kPermissionDenied ||
                         error.code == Code::kInvalidArgument;
    if (!rpc::IsOurs(status) || !refused)
      return std::exchange(flight->done, nullptr)(AuthUnavailable());
    // Whether it is the key that was refused, or we.
    if (!error.reason.starts_with("token_") && error.reason != "not_allowed")
      return std::exchange(flight->done, nullptr)(std::move(error));
    {
      const std::lock_guard lock(mutex_);
      expires_at_ = {};
    }
    if (std::exchange(flight->again, true)) {
      logging::Warning("auth doesn't take our own token", {{"reason", error.reason}});
      return std::exchange(flight->done, nullptr)(AuthUnavailable());
    }
    Ask(flight);
  }

  void Keep(const auth::v1::IssueServiceTokenResponse& issued) {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.Now();
    const std::chrono::seconds lifetime{issued.expires_in()};
    bearer_ = issued.access_token();
    expires_at_ = now + lifetime;
    renew_at_ = now + lifetime * 2 / 3;
    renewing_ = false;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<AuthService::Stub> stub_;
  const std::string service_;
  const std::string secret_;
  const Clock& clock_;

  Acknowledgements in_flight_;
  std::mutex mutex_;    // guards what follows
  std::string bearer_;  // a token of our own
  Time renew_at_{};
  Time expires_at_{};
  bool renewing_ = false;
};

}  // namespace

std::unique_ptr<KeyExchange> MakeKeyExchange(std::shared_ptr<grpc::Channel> auth,
                                             std::string service, std::string secret,
                                             const Clock& clock) {
  return std::make_unique<GrpcKeyExchange>(std::move(auth), std::move(service), std::move(secret),
                                           clock);
}

}  // namespace marquee::gateway
