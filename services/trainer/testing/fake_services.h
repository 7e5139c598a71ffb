// auth and rating-ingest as the trainer meets them, in this process over real gRPC on ports of
// their own, without their interceptors: what they demand is in their answers.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "rpc/testing/fake_auth.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer::testing {

inline constexpr char kServiceSecret[] = "the-trainer's-secret";

class FakeAuth final : public rpc::FakeAuth {
 public:
  FakeAuth() : rpc::FakeAuth(kServiceSecret) {}
};

// Streams a snapshot, whole or as broken as the test likes.
class FakeRatingsService final : public ratings::v1::RatingsService::Service {
 public:
  struct Behaviour {
    Snapshot snapshot = {};
    int rows_a_message = 1'000;
    std::int64_t drop_last_rows = 0;  // sent fewer than the summary says
    bool without_summary = false;     // the stream ends early, and OK
    bool uneven_columns = false;
    float value_of_first_row = 0;            // when not 0
    int refuse_tokens = 0;                   // answers UNAUTHENTICATED so many times
    bool hang = false;                       // after the first message, until the caller goes away
    grpc::Status status = grpc::Status::OK;  // after all rows
  };

  FakeRatingsService() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeRatingsService() override { server_->Shutdown(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void Behave(Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = std::move(behaviour);
  }
  // Waits until a call hangs.
  void AwaitHanging() { hanging_.wait(false); }

  grpc::Status ExportRatings(
      grpc::ServerContext* context, const ratings::v1::ExportRatingsRequest*,
      grpc::ServerWriter<ratings::v1::ExportRatingsResponse>* writer) override {
    Behaviour now;
    {
      const std::lock_guard lock(mutex_);
      if (behaviour_.refuse_tokens > 0) {
        --behaviour_.refuse_tokens;
        return {grpc::StatusCode::UNAUTHENTICATED, "no"};
      }
      now = behaviour_;
    }
    if (context->client_metadata().count("authorization") != 1)
      return {grpc::StatusCode::UNAUTHENTICATED, "no token"};
    const auto& snapshot = now.snapshot;
    const auto total = static_cast<std::int64_t>(snapshot.values.size());
    const auto sent = total - now.drop_last_rows;
    for (std::int64_t begin = 0; begin < sent; begin += now.rows_a_message) {
      ratings::v1::ExportRatingsResponse message;
      for (std::int64_t i = begin; i < std::min(sent, begin + now.rows_a_message); ++i) {
        const auto row = static_cast<std::size_t>(i);
        message.add_user_ids(snapshot.user_ids[row]);
        message.add_movie_ids(snapshot.movie_ids[row]);
        message.add_values(i == 0 && now.value_of_first_row != 0 ? now.value_of_first_row
                                                                 : snapshot.values[row]);
        message.add_rated_at_seconds(1'700'000'000);
      }
      if (now.uneven_columns) message.add_user_ids(1);
      if (!writer->Write(message)) return grpc::Status::CANCELLED;
      if (now.hang) {
        hanging_ = true;
        hanging_.notify_all();
        while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds{2});
        return grpc::Status::CANCELLED;
      }
    }
    if (now.without_summary) return now.status;
    ratings::v1::ExportRatingsResponse last;
    last.mutable_summary()->set_row_count(total);
    for (const auto offset : snapshot.next_offsets)
      last.mutable_summary()->add_next_offsets(offset);
    writer->Write(last);
    return now.status;
  }

 private:
  std::mutex mutex_;
  Behaviour behaviour_;
  std::atomic<bool> hanging_ = false;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace marquee::trainer::testing
