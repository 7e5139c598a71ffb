#include "rpc/metadata.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <string>

#include "logging/log.h"

namespace marquee::rpc {
namespace {

bool Admitted(std::string_view key, std::string_view value) {
  if (IsMetadataValue(value)) return true;
  logging::Warning("metadata left out: not printable ASCII, or too long",
                   {{"key", std::string(key)}, {"bytes", value.size()}});
  return false;
}

}  // namespace

bool IsMetadataValue(std::string_view value) {
  return value.size() <= kMostMetadataBytes &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void AddMetadata(grpc::ClientContext& context, std::string_view key, std::string_view value) {
  if (Admitted(key, value)) context.AddMetadata(std::string(key), std::string(value));
}

void AddTrailingMetadata(grpc::ServerContextBase& context, std::string_view key,
                         std::string_view value) {
  if (Admitted(key, value)) context.AddTrailingMetadata(std::string(key), std::string(value));
}

}  // namespace marquee::rpc
