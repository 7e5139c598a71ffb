// ModelRegistry: the registry, over gRPC, in the trainer's own name and the call's time. An artefact
// may take all of it, either way.
#pragma once

#include <chrono>
#include <memory>

#include "trainer/domain/ports.h"

namespace grpc {
class Channel;
}
namespace marquee::rpc {
class ServiceToken;
}

namespace marquee::trainer {

struct RegistryClientOptions {
  std::chrono::milliseconds call_timeout{10'000};  // of a question, at most
};

class RegistryClient final : public ModelRegistry {
 public:
  RegistryClient(std::shared_ptr<grpc::Channel> registry, rpc::ServiceToken& token,
                 RegistryClientOptions options);
  ~RegistryClient() override;

  Result<std::optional<ModelVersion>> Champion(const std::string& model,
                                               const CallContext& call) override;
  Status FetchEvaluation(const ModelVersion& version, const std::filesystem::path& to,
                         const CallContext& call) override;
  Result<ModelVersion> Register(const NewVersion& version, const CallContext& call) override;
  Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids,
                                           const CallContext& call) override;
  Status TakeOver(const ModelVersion& version, const std::filesystem::path& file,
                  const std::filesystem::path& evaluation_file, const CallContext& call) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::trainer
