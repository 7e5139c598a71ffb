#include "rpc/keyed_run.h"

#include <google/api/annotations.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <algorithm>

#include "base/digest.h"
#include "logging/log.h"
#include "rpc/call.h"
#include "rpc/interceptor.h"
#include "rpc/seal.h"

namespace marquee::rpc {
namespace {

namespace pb = google::protobuf;

// Larger answers aren't kept: the same request is then carried out again, as without a key.
constexpr std::size_t kMostAnswerBytes = std::size_t{256} << 10;
constexpr std::chrono::seconds kSettleTimeout{2};

std::string Serialized(const pb::Message& message) {
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// Whether an error says that nothing was done. After any other the call may have had its effect.
bool SaysUndone(const Error& error) {
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kPermissionDenied:
    case Code::kResourceExhausted:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
    case Code::kUnimplemented:
    case Code::kUnauthenticated: return true;
    case Code::kCancelled:
    case Code::kUnknown:
    case Code::kDeadlineExceeded:
    case Code::kAborted:
    case Code::kInternal:
    case Code::kUnavailable:
    case Code::kDataLoss: return false;
  }
  return false;
}

}  // namespace

bool TakesIdempotencyKey(const pb::MethodDescriptor& method) {
  return method.options().HasExtension(google::api::http) &&
         !method.options().GetExtension(google::api::http).has_get() &&
         method.options().idempotency_level() != pb::MethodOptions::NO_SIDE_EFFECTS;
}

Error BadIdempotencyKey() {
  return Error::InvalidArgument("bad_idempotency_key",
                                "Idempotency-Key must be 1 to 128 visible ASCII characters.",
                                "Idempotency-Key");
}

Status CheckIdempotencyKey(std::string_view key) {
  constexpr std::size_t kMostBytes = 128;
  const bool visible =
      std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  return visible && key.size() <= kMostBytes ? Status() : Status(BadIdempotencyKey());
}

KeyedRun::KeyedRun(IdempotencyStore* store, const MethodInfo& method, const std::string& subject,
                   const std::string& key, const pb::Message* request, pb::Message* response)
    : response_(response) {
  if (store == nullptr || key.empty() || request == nullptr || response == nullptr ||
      !TakesIdempotencyKey(*method.descriptor)) {
    return;
  }
  store_ = store;
  const std::string said = method.path + '\n' + Serialized(*request);
  keyed_.id = Sha256(subject + '\n' + key);
  keyed_.fingerprint = HmacSha256(key, "fingerprint\n" + said);
  sealing_key_ = HmacSha256(key, "seal\n" + said);
}

Status KeyedRun::Run(Call& call, const std::function<Status(const Call&)>& body) {
  if (store_ == nullptr) return body(call);
  ASSIGN_OR_RETURN(const KeyClaim claim,
                   store_->Claim(keyed_, call.Remaining() + kSettleTimeout, call.context()));
  switch (claim.state) {
    case KeyClaim::State::kAnswered: return Fill(claim.answer, call);
    case KeyClaim::State::kInProgress:
      return Error::Aborted("idempotency_key_in_use",
                            "The same request is being carried out just now; ask again shortly.");
    case KeyClaim::State::kOtherRequest:
      return Error::FailedPrecondition(
          "idempotency_key_reused",
          "This Idempotency-Key was used for another request: choose a new one for each.");
    case KeyClaim::State::kOurs: break;
  }
  call.BeRepetitionOf(keyed_.id, claim.first_used);
  const Status outcome = body(call);
  Settle(call, outcome);
  return outcome;
}

bool KeyedRun::Replay(Call& call) {
  if (store_ == nullptr) return false;
  const auto answer = store_->FindAnswer(keyed_, call.context());
  return answer.ok() && *answer && Fill(**answer, call).ok();
}

// An answer is kept as its positions, a line each, an empty line, and the response's bytes.
Status KeyedRun::Fill(const std::string& sealed, Call& call) {
  ASSIGN_OR_RETURN(const std::string plain, Unseal(sealing_key_, sealed));
  std::string_view rest = plain;
  for (auto end = rest.find('\n'); end != 0; end = rest.find('\n')) {
    if (end == rest.npos) return Error::DataLoss("seal_broken", "a kept answer isn't whole");
    if (const auto position = Position::Parse(rest.substr(0, end))) call.SetPosition(*position);
    rest.remove_prefix(end + 1);
  }
  rest.remove_prefix(1);
  if (!response_->ParseFromArray(rest.data(), static_cast<int>(rest.size())))
    return Error::DataLoss("seal_broken", "a kept answer isn't whole");
  return {};
}

void KeyedRun::Settle(const Call& call, const Status& outcome) {
  // Whoever called may have no patience left; the key's keeper hears of it all the same.
  CallContext settling = call.context();
  settling.deadline = SystemClock().Now() + kSettleTimeout;
  Status settled;
  if (!outcome.ok()) {
    settled = store_->Release(keyed_, SaysUndone(outcome.error()), settling);
  } else {
    std::string plain;
    for (const auto& position : call.told()) plain += position.ToString() + '\n';
    plain += '\n';
    plain += Serialized(*response_);
    settled = plain.size() <= kMostAnswerBytes
                  ? store_->Keep(keyed_, Seal(sealing_key_, plain), settling)
                  : store_->Release(keyed_, false, settling);
  }
  if (!settled.ok()) {
    logging::Warning("an Idempotency-Key couldn't be settled",
                     {{"error", settled.error().ToString()}});
  }
}

}  // namespace marquee::rpc
