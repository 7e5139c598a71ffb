// A gRPC service whose methods return Result<Response>. One place wraps every call: trace,
// authorization by the rpc's Policy option, validation by the fields' Field options, deadline, RED
// metrics, one log line.
//
//   class CatalogHandler final : public rpc::Service<v1::CatalogService> {
//    public:
//     explicit CatalogHandler(Catalog& catalog) : catalog_(catalog) {
//       Register(this, &CatalogHandler::GetMovie);      // the rpc is known by its request's type
//       Register(this, &CatalogHandler::ExportMovies);  // streams likewise
//     }
//     Result<v1::GetMovieResponse> GetMovie(const rpc::Call& call,
//                                           const v1::GetMovieRequest& request);
//     Status ListMovies(const rpc::Call& call, const v1::ListMoviesRequest& request,
//                       v1::ListMoviesResponse& response);  // where there are many parts to fill
//     Status ExportMovies(const rpc::Call& call, const v1::ExportMoviesRequest& request,
//                         grpc::ServerWriter<…>& writer);
//     Result<v1::ImportMoviesResponse> ImportMovies(const rpc::Call& call,
//                                                   grpc::ServerReader<…>& reader);
//   };
//
// Unary and server-streaming requests arrive validated; a client stream's messages are validated by
// calling rpc::Validate on each.
#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/method_handler.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "rpc/call.h"

namespace google::protobuf {
class Descriptor;
}  // namespace google::protobuf

namespace marquee::rpc {

class Interceptor;  // libs/rpc/interceptor.h
struct MethodInfo;

// Checks a message, and the messages in it, against their Field options: INVALID_ARGUMENT that
// names the first offending field ("ratings[2].value").
Status Validate(const google::protobuf::Message& message);

// A call's messages in one piece of memory: an answer of many parts costs few allocations, and
// nothing to take apart.
template <typename Request, typename Response>
class ArenaMessages final : public grpc::MessageAllocator<Request, Response> {
 public:
  grpc::MessageHolder<Request, Response>* AllocateMessages() override { return new Held; }

 private:
  class Held final : public grpc::MessageHolder<Request, Response> {
   public:
    Held() {
      this->set_request(google::protobuf::Arena::CreateMessage<Request>(&arena_));
      this->set_response(google::protobuf::Arena::CreateMessage<Response>(&arena_));
    }
    void Release() override { delete this; }

   private:
    static google::protobuf::ArenaOptions Options() {
      google::protobuf::ArenaOptions options;
      options.start_block_size = 16 << 10;
      options.max_block_size = 64 << 10;
      return options;
    }
    google::protobuf::Arena arena_{Options()};
  };
};

class ServiceBase : public grpc::Service {
 public:
  // Full name, "marquee.catalog.v1.CatalogService".
  const std::string& name() const { return name_; }
  // Called by the server before it starts: binds the interceptor, and fails when an rpc has no
  // handler or no policy.
  Status Bind(Interceptor& interceptor);
  // Whether one of its rpcs promises to (rpc/idempotency.h).
  bool TakesIdempotencyKeys() const;

 protected:
  explicit ServiceBase(std::string full_name);
  ~ServiceBase() override;

  // The rpc whose request is `request`; ends the program (a programming error) when the service has
  // none.
  MethodInfo& MethodOf(const google::protobuf::Descriptor* request);
  // Unary calls come by gRPC's callback API and are handled by Workers; a stream, which goes on for
  // as long as its caller says and would keep a worker from many, has a thread of gRPC's own.
  void AddUnary(MethodInfo& method, grpc::internal::MethodHandler* handler);
  void AddStream(MethodInfo& method, grpc::internal::RpcMethod::RpcType type,
                 grpc::internal::MethodHandler* handler);

  // Around each call: refuses it, or runs `body`, and records and translates the outcome.
  // `request` is null for a client stream, `response` for any stream.
  using Body = std::function<Status(const Call&)>;
  grpc::Status Guard(MethodInfo& method, grpc::ServerContextBase& context,
                     const google::protobuf::Message* request, google::protobuf::Message* response,
                     const Body& body);
  // The same, by a worker: returns at once. Request, response and context live until the reactor
  // has finished.
  grpc::ServerUnaryReactor* Answer(MethodInfo& method, grpc::CallbackServerContext& context,
                                   const google::protobuf::Message& request,
                                   google::protobuf::Message& response, Body body);

 private:
  // What is known of a call once it is over, for the log and the audit.
  struct Told {
    Caller caller;
    AuditNote note;
  };
  Status Handle(MethodInfo& method, grpc::ServerContextBase& context,
                const google::protobuf::Message* request, google::protobuf::Message* response,
                const Body& body, Told& told);
  Time DeadlineOf(const MethodInfo& method, const grpc::ServerContextBase& context) const;
  // Records and logs how a call ended, and says it in gRPC's words.
  grpc::Status Outcome(MethodInfo& method, grpc::ServerContextBase& context, const Status& status,
                       const std::string& caller, std::chrono::steady_clock::time_point started);

  std::string name_;
  std::vector<std::unique_ptr<MethodInfo>> methods_;
  int added_ = 0;
  Interceptor* interceptor_ = nullptr;
};

template <typename Generated>
class Service : public ServiceBase {
 protected:
  Service() : ServiceBase(Generated::service_full_name()) {}

  template <typename Self, typename Request, typename Response>
  void Register(Self* self, Result<Response> (Self::*method)(const Call&, const Request&)) {
    MethodInfo& info = MethodOf(Request::descriptor());
    AddUnary(info, new grpc::internal::CallbackUnaryHandler<Request, Response>(
                       [this, &info, self, method](grpc::CallbackServerContext* context,
                                                   const Request* request, Response* response) {
                         return Answer(info, *context, *request, *response,
                                       [self, method, request, response](const Call& call) {
                                         return Run(self, method, call, *request, *response);
                                       });
                       }));
  }

  // The same for an answer of many parts, which the handler fills where it is sent from.
  template <typename Self, typename Request, typename Response>
  requires std::derived_from<Response, google::protobuf::Message>
  void Register(Self* self, Status (Self::*method)(const Call&, const Request&, Response&)) {
    static ArenaMessages<Request, Response> messages;
    MethodInfo& info = MethodOf(Request::descriptor());
    auto* handler = new grpc::internal::CallbackUnaryHandler<Request, Response>(
        [this, &info, self, method](grpc::CallbackServerContext* context, const Request* request,
                                    Response* response) {
          return Answer(info, *context, *request, *response,
                        [self, method, request, response](const Call& call) {
                          return (self->*method)(call, *request, *response);
                        });
        });
    handler->SetMessageAllocator(&messages);
    AddUnary(info, handler);
  }

  template <typename Self, typename Request, typename Response>
  void Register(Self* self, Status (Self::*method)(const Call&, const Request&,
                                                   grpc::ServerWriter<Response>&)) {
    MethodInfo& info = MethodOf(Request::descriptor());
    AddStream(info, grpc::internal::RpcMethod::SERVER_STREAMING,
              new grpc::internal::ServerStreamingHandler<ServiceBase, Request, Response>(
                  [this, &info, self, method](ServiceBase*, grpc::ServerContext* context,
                                              const Request* request,
                                              grpc::ServerWriter<Response>* writer) {
                    return Guard(info, *context, request, nullptr, [&](const Call& call) {
                      return (self->*method)(call, *request, *writer);
                    });
                  },
                  this));
  }

  template <typename Self, typename Request, typename Response>
  void Register(Self* self,
                Result<Response> (Self::*method)(const Call&, grpc::ServerReader<Request>&)) {
    MethodInfo& info = MethodOf(Request::descriptor());
    AddStream(
        info, grpc::internal::RpcMethod::CLIENT_STREAMING,
        new grpc::internal::ClientStreamingHandler<ServiceBase, Request, Response>(
            [this, &info, self, method](ServiceBase*, grpc::ServerContext* context,
                                        grpc::ServerReader<Request>* reader, Response* response) {
              return Guard(info, *context, nullptr, nullptr, [&](const Call& call) {
                return Run(self, method, call, *reader, *response);
              });
            },
            this));
  }

 private:
  template <typename Self, typename Method, typename Request, typename Response>
  static Status Run(Self* self, Method method, const Call& call, Request& request,
                    Response& response) {
    auto result = (self->*method)(call, request);
    if (!result.ok()) return std::move(result).error();
    response = std::move(result).value();
    return {};
  }
};

}  // namespace marquee::rpc
