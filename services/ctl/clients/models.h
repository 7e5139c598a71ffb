// Models to and from the registry over gRPC: files are no business of REST.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"

namespace grpc {
class Channel;
}

namespace marquee::ctl {

struct ModelDelivery {
  std::filesystem::path file;
  std::filesystem::path evaluation_file;  // empty: none
  std::string card;                       // JSON
  bool force_promotion = false;
  std::int64_t compared_with = 0;
};

// {"model_version": …, "decision": …}
Result<nlohmann::json> SendModel(const std::shared_ptr<grpc::Channel>& registry,
                                 const std::string& bearer, const ModelDelivery& delivery);

// Into `to`, once it is whole and its hash is the registered one.
Status FetchModel(const std::shared_ptr<grpc::Channel>& registry, const std::string& bearer,
                  const std::string& model, std::int64_t version, bool evaluation,
                  const std::filesystem::path& to);

}  // namespace marquee::ctl
