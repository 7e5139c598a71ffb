#include "rpc/service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "logging/log.h"
#include "rpc/interceptor.h"
#include "rpc/keyed_run.h"
#include "rpc/metadata.h"
#include "rpc/status.h"
#include "tracing/trace.h"

namespace marquee::rpc {
namespace {

namespace pb = google::protobuf;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

std::string Metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string()
                                 : std::string(found->second.data(), found->second.size());
}

tracing::TraceContext TraceOf(const grpc::ServerContextBase& context) {
  if (const auto parent = tracing::TraceContext::Parse(Metadata(context, tracing::kTraceparent))) {
    return parent->Child();
  }
  return tracing::TraceContext::New();
}

Error Overloaded() {
  return Error::Unavailable("overloaded", "Too much is asked of this service just now; try again.");
}

}  // namespace

ServiceBase::ServiceBase(std::string full_name) : name_(std::move(full_name)) {
  const auto* service = pb::DescriptorPool::generated_pool()->FindServiceByName(name_);
  if (service == nullptr) Die("no such service in the linked protos: " + name_);
  for (int i = 0; i < service->method_count(); ++i) {
    auto method = std::make_unique<MethodInfo>();
    method->descriptor = service->method(i);
    method->service = name_;
    method->name = service->method(i)->name();
    method->path = "/" + name_ + "/" + method->name;
    methods_.push_back(std::move(method));
  }
}

ServiceBase::~ServiceBase() = default;

MethodInfo& ServiceBase::MethodOf(const pb::Descriptor* request) {
  for (auto& method : methods_) {
    if (method->descriptor->input_type() == request) return *method;
  }
  Die(name_ + " has no rpc that takes a " + request->full_name());
}

void ServiceBase::AddStream(MethodInfo& method, grpc::internal::RpcMethod::RpcType type,
                            grpc::internal::MethodHandler* handler) {
  method.registered = true;
  AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(), type, handler));
  ++added_;
}

void ServiceBase::AddUnary(MethodInfo& method, grpc::internal::MethodHandler* handler) {
  method.registered = true;
  AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(),
                                                 grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodCallback(added_++, handler);
}

grpc::ServerUnaryReactor* ServiceBase::Answer(MethodInfo& method,
                                              grpc::CallbackServerContext& context,
                                              const pb::Message& request, pb::Message& response,
                                              Body body) {
  auto* reactor = context.DefaultReactor();
  const bool taken = interceptor_->workers().Post(
      [this, &method, &context, &request, &response, reactor, body = std::move(body)] {
        reactor->Finish(Guard(method, context, &request, &response, body));
      });
  if (!taken) {
    reactor->Finish(Outcome(method, context, Overloaded(), {}, std::chrono::steady_clock::now()));
  }
  return reactor;
}

bool ServiceBase::TakesIdempotencyKeys() const {
  return std::any_of(methods_.begin(), methods_.end(),
                     [](const auto& method) { return TakesIdempotencyKey(*method->descriptor); });
}

Status ServiceBase::Bind(Interceptor& interceptor) {
  interceptor_ = &interceptor;
  for (auto& method : methods_) {
    if (!method->registered) {
      return Error::FailedPrecondition("unhandled_rpc", method->path + " has no handler.");
    }
    RETURN_IF_ERROR(interceptor.Learn(*method));
  }
  return {};
}

// A unary call without a deadline gets one. A stream runs as long as its caller says.
Time ServiceBase::DeadlineOf(const MethodInfo& method,
                             const grpc::ServerContextBase& context) const {
  const bool streaming =
      method.descriptor->client_streaming() || method.descriptor->server_streaming();
  return std::min<Time>(
      context.deadline(),
      SystemClock().Now() + (streaming ? std::chrono::milliseconds{std::chrono::hours{24}}
                                       : interceptor_->default_deadline()));
}

Status ServiceBase::Handle(MethodInfo& method, grpc::ServerContextBase& context,
                           const pb::Message* request, pb::Message* response, const Body& body,
                           Told& told) {
  Caller& caller = told.caller;
  ASSIGN_OR_RETURN(caller, interceptor_->Authenticate(method, Metadata(context, "authorization")));
  const std::string key = Metadata(context, kIdempotencyKey);
  RETURN_IF_ERROR(CheckIdempotencyKey(key));
  Call call(context, caller, DeadlineOf(method, context));
  if (SystemClock().Now() >= call.deadline()) {  // it waited for too long
    interceptor_->workers().CountRefused();
    return Overloaded();
  }
  KeyedRun once(interceptor_->keys(), method, caller.subject, key, request, response);
  auto now = interceptor_->Recheck(method, call.context());
  if (now.ok()) {
    call.set_caller(*std::move(now));
    RETURN_IF_ERROR(interceptor_->Authorize(method, call.caller(), request));
    if (request != nullptr) RETURN_IF_ERROR(Validate(*request));
    const Status done = once.Run(call, body);
    told.note = call.audit_note();
    RETURN_IF_ERROR(done);
  } else if (!once.Replay(call)) {
    return std::move(now).error();
  }
  for (const auto& position : call.told())
    AddTrailingMetadata(context, kPositionKey, position.ToString());
  return {};
}

grpc::Status ServiceBase::Guard(MethodInfo& method, grpc::ServerContextBase& context,
                                const pb::Message* request, pb::Message* response,
                                const Body& body) {
  const auto started = std::chrono::steady_clock::now();
  const tracing::Scope trace(TraceOf(context));
  Told told;
  const Caller& caller = told.caller;
  Status status;
  try {
    status = Handle(method, context, request, response, body, told);
  } catch (const std::exception& exception) {  // a bug: adapters translate what they expect
    status = Error::Internal(std::string("uncaught: ") + exception.what());
  }
  if (!method.audit_action.empty()) {
    const Call audited(context, caller, DeadlineOf(method, context));
    interceptor_->Audit(method, audited.context(), request, status, told.note);
  }
  return Outcome(method, context, status, caller.subject, started);
}

grpc::Status ServiceBase::Outcome(MethodInfo& method, grpc::ServerContextBase& context,
                                  const Status& status, const std::string& caller,
                                  std::chrono::steady_clock::time_point started) {
  const auto took = std::chrono::steady_clock::now() - started;
  const int code = status.ok() ? 0 : static_cast<int>(status.error().code);
  interceptor_->Record(method, code, took);
  const double milliseconds = std::chrono::duration<double, std::milli>(took).count();
  if (status.ok()) {
    logging::Info(
        "rpc", {{"method", method.path}, {"code", "OK"}, {"ms", milliseconds}, {"caller", caller}});
    return grpc::Status::OK;
  }
  const Error& error = status.error();
  const bool ours = error.code == Code::kInternal || error.code == Code::kUnknown ||
                    error.code == Code::kDataLoss;
  logging::Write(ours ? logging::Level::kError : logging::Level::kInfo, "rpc",
                 {{"method", method.path},
                  {"code", Name(error.code)},
                  {"reason", error.reason},
                  {"field", error.field},
                  {"error", error.message},
                  {"ms", milliseconds},
                  {"caller", caller}});
  return ToGrpc(error, context);
}

}  // namespace marquee::rpc
