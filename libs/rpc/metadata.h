// The one door by which text becomes gRPC metadata. gRPC ends the process when a value has a byte
// that HTTP/2 doesn't allow there, so nothing else calls AddMetadata or AddTrailingMetadata
// (ci/check-layers sees to it).
#pragma once

#include <cstddef>
#include <string_view>

namespace grpc {
class ClientContext;
class ServerContextBase;
}  // namespace grpc

namespace marquee::rpc {

// Longer values, and then whole calls, would run into gRPC's own limit of 8 KiB for all metadata.
inline constexpr std::size_t kMostMetadataBytes = 4096;

// Whether gRPC takes it as the value of a key that doesn't end in "-bin": printable ASCII, blanks
// included, at most kMostMetadataBytes.
bool IsMetadataValue(std::string_view value);

// Adds the pair; a value that isn't one is left out, and the log says for which key. Who has the
// value from outside asks IsMetadataValue first and refuses it in words of their own.
void AddMetadata(grpc::ClientContext& context, std::string_view key, std::string_view value);
void AddTrailingMetadata(grpc::ServerContextBase& context, std::string_view key,
                         std::string_view value);

}  // namespace marquee::rpc
