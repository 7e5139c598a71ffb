#include "trainer/clients/ratings_client.h"

#include <grpcpp/grpcpp.h>

#include <optional>
#include <span>

#include "artefact/sha256.h"
#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::trainer {
namespace {

using ratings::v1::ExportRatingsResponse;

Error Malformed(const std::string& what) {
  return Error::DataLoss("export_malformed", "The export of ratings is malformed: " + what + ".");
}

template <typename T, typename Column>
void Append(const Column& column, std::vector<T>& to, artefact::Sha256& hash) {
  to.insert(to.end(), column.begin(), column.end());
  hash.Update(std::as_bytes(std::span(column.data(), static_cast<std::size_t>(column.size()))));
}

// Takes the stream in and judges it.
class Receiver {
 public:
  explicit Receiver(std::int64_t max_ratings) : max_ratings_(max_ratings) {}

  Status Take(const ExportRatingsResponse& message) {
    if (summary_) return Malformed("rows follow the summary");
    const int rows = message.user_ids_size();
    if (message.movie_ids_size() != rows || message.values_size() != rows ||
        (message.rated_at_seconds_size() != rows && message.rated_at_seconds_size() != 0))
      return Malformed("its columns differ in length");
    for (const float value : message.values()) {
      if (!(value >= 0.5F && value <= 5.0F)) return Malformed("a rating is not from 0.5 to 5");
    }
    if (this->rows() + rows > max_ratings_)
      return Error::ResourceExhausted("too_many_ratings",
                                      "There are more than " + std::to_string(max_ratings_) +
                                          " ratings: MARQUEE_TRAINER_MAX_RATINGS.");
    Append(message.user_ids(), snapshot_.user_ids, hash_);
    Append(message.movie_ids(), snapshot_.movie_ids, hash_);
    Append(message.values(), snapshot_.values, hash_);
    if (message.has_summary()) summary_ = message.summary();
    return {};
  }

  Result<Snapshot> Finish() && {
    if (!summary_)
      return Error::DataLoss("export_truncated", "The export of ratings ended after " +
                                                     std::to_string(rows()) +
                                                     " rows without its summary.");
    if (summary_->row_count() != rows())
      return Error::DataLoss("export_truncated",
                             "The export of ratings brought " + std::to_string(rows()) + " of " +
                                 std::to_string(summary_->row_count()) + " rows.");
    for (const auto offset : summary_->next_offsets()) {
      if (offset < 0) return Malformed("an offset is negative");
      snapshot_.next_offsets.push_back(offset);
    }
    snapshot_.sha256 = hash_.FinishHex();
    return std::move(snapshot_);
  }

  std::int64_t rows() const { return static_cast<std::int64_t>(snapshot_.values.size()); }

 private:
  std::int64_t max_ratings_;
  Snapshot snapshot_;
  artefact::Sha256 hash_;
  std::optional<ratings::v1::ExportSummary> summary_;
};

}  // namespace

struct RatingsClient::Impl {
  std::unique_ptr<ratings::v1::RatingsService::Stub> stub;
  rpc::ServiceToken& token;
  RatingsClientOptions options;

  // UNAUTHENTICATED before the first row: `refused` is set.
  Result<Snapshot> Export(const std::function<void(std::int64_t)>& progress,
                          const std::stop_token& stop, bool& refused) {
    ASSIGN_OR_RETURN(const auto bearer, token.Get());
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, options.timeout);
    const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
    Receiver receiver(options.max_ratings);
    Status outcome;
    auto reader = stub->ExportRatings(&context, {});
    for (ExportRatingsResponse message; outcome.ok() && reader->Read(&message);) {
      outcome = receiver.Take(message);
      if (outcome.ok()) progress(receiver.rows());
    }
    if (!outcome.ok()) context.TryCancel();
    const auto status = reader->Finish();
    RETURN_IF_ERROR(outcome);
    if (!status.ok()) {
      refused = status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
      auto error = rpc::FromGrpc(status);
      error.message = "The ratings can't be exported: " + error.message;
      return error;
    }
    return std::move(receiver).Finish();
  }
};

RatingsClient::RatingsClient(std::shared_ptr<grpc::Channel> ratings, rpc::ServiceToken& token,
                             RatingsClientOptions options)
    : impl_(new Impl{ratings::v1::RatingsService::NewStub(ratings), token, options}) {}

RatingsClient::~RatingsClient() = default;

Result<Snapshot> RatingsClient::Export(const std::function<void(std::int64_t rows)>& progress,
                                       std::stop_token stop) {
  bool refused = false;
  auto snapshot = impl_->Export(progress, stop, refused);
  if (!refused) return snapshot;
  impl_->token.Forget();
  return impl_->Export(progress, stop, refused);
}

}  // namespace marquee::trainer
