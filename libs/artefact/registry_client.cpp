#include "artefact/registry_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <functional>
#include <system_error>

#include "artefact/registry_transfer.h"
#include "config/config.h"
#include "logging/log.h"
#include "marquee/registry/v1/registry.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::artefact {
namespace {

namespace fs = std::filesystem;

Error Corrupt(const std::string& what) {
  return Error::DataLoss("artefact_corrupt", "The artefact is corrupt: " + what + ".");
}

Error DiskFailed(const std::string& what) {
  return Error::Unavailable("artefact_cache_unavailable",
                            "The artefact cache can't be written: " + what + ".");
}

bool IsSlug(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Result<RegisteredVersion> FromWire(const registry::v1::ModelVersion& wire) {
  RegisteredVersion version;
  version.model = wire.model();
  version.version = wire.version();
  version.run_id = wire.run_id();
  version.aliases.assign(wire.aliases().begin(), wire.aliases().end());
  version.sha256 = wire.sha256();
  version.size_bytes = wire.size_bytes();
  version.created_at = Time{std::chrono::duration_cast<Time::duration>(
      std::chrono::seconds{wire.created_at().seconds()} +
      std::chrono::nanoseconds{wire.created_at().nanos()})};
  ASSIGN_OR_RETURN(version.card, ParseModelCard(wire.card()));
  if (version.card.model != version.model || version.card.artefact_sha256 != version.sha256 ||
      version.card.artefact_bytes != version.size_bytes)
    return Error::DataLoss("model_card_invalid", "The model card describes another version.");
  return version;
}

}  // namespace

RegistryClientConfig RegistryClientConfig::Read(config::Reader& reader,
                                                const std::string& default_cache_dir) {
  RegistryClientConfig config;
  config.cache_dir = reader.String("MARQUEE_ARTEFACT_CACHE_DIR", default_cache_dir,
                                   "Folder for downloaded model artefacts");
  config.max_bytes = reader.Int("MARQUEE_ARTEFACT_MAX_BYTES", config.max_bytes, 1, 1LL << 40,
                                "Largest model artefact that is downloaded, in bytes");
  config.call_timeout =
      reader.Milliseconds("MARQUEE_ARTEFACT_CALL_TIMEOUT_MS", config.call_timeout.count(), 10,
                          60'000, "Deadline of a question to the model registry");
  config.download_timeout =
      reader.Milliseconds("MARQUEE_ARTEFACT_DOWNLOAD_TIMEOUT_MS", config.download_timeout.count(),
                          1'000, 86'400'000, "Deadline of an artefact's download");
  config.keep = static_cast<int>(reader.Int("MARQUEE_ARTEFACT_CACHE_KEEP", config.keep, 1, 100,
                                            "Artefacts kept in the cache, for each model"));
  return config;
}

struct RegistryClient::Impl {
  std::unique_ptr<registry::v1::RegistryService::Stub> stub;
  rpc::ServiceToken* token;
  RegistryClientConfig config;

  // Makes a call in our own name: cancelled by `stop`, and once more with a new token when the old
  // one isn't taken.
  Status Call(std::chrono::milliseconds timeout, const std::stop_token& stop,
              const std::function<Result<grpc::Status>(grpc::ClientContext&)>& make) {
    for (const bool last : {token == nullptr, true}) {
      std::string bearer;
      if (token != nullptr) {
        ASSIGN_OR_RETURN(bearer, token->Get());
      }
      grpc::ClientContext context;
      rpc::ActAsService(context, bearer, timeout);
      const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
      ASSIGN_OR_RETURN(const auto status, make(context));
      if (status.ok()) return {};
      if (!last && status.error_code() == grpc::StatusCode::UNAUTHENTICATED) {
        token->Forget();
        continue;
      }
      return rpc::FromGrpc(status);
    }
    return Error::Internal("unreachable");
  }

  fs::path PathOf(const RegisteredVersion& version) const {
    return config.cache_dir / (version.model + "-" + std::to_string(version.version) + "-" +
                               version.sha256.substr(0, 16) + ".safetensors");
  }

  Result<FetchedModel> Load(const RegisteredVersion& version, const fs::path& path) const {
    auto loaded = LoadModel(path);
    if (!loaded.ok()) {
      if (loaded.error().code == Code::kNotFound) return std::move(loaded).error();
      return Corrupt(loaded.error().message);
    }
    if (loaded->sha256 != version.sha256) return Corrupt("its SHA-256 is another");
    if (const auto kind = CheckServes(version.model, *loaded); !kind.ok())
      return Corrupt(kind.error().message);
    return FetchedModel{version, path, *std::move(loaded)};
  }

  Status Download(const RegisteredVersion& version, const fs::path& path,
                  const std::stop_token& stop) {
    std::error_code failed;
    fs::create_directories(config.cache_dir, failed);
    if (failed) return DiskFailed(failed.message());
    const auto room = [&] {
      const auto space = fs::space(config.cache_dir, failed);
      return failed || space.available >= static_cast<std::uintmax_t>(version.size_bytes);
    };
    // Older files only go when their successor is in, or in its way; the newest always stays: it
    // may be all that a restart finds while the registry has nothing to give.
    if (!room()) Sweep(version.model, std::max(1, config.keep - 1));
    if (!room()) return DiskFailed("no room for " + std::to_string(version.size_bytes) + " bytes");

    RETURN_IF_ERROR(Call(config.download_timeout, stop,
                         [&](grpc::ClientContext& context) -> Result<grpc::Status> {
                           return Receive(version, path, context);
                         }));
    Sweep(version.model, config.keep);
    return {};
  }

  Result<grpc::Status> Receive(const RegisteredVersion& version, const fs::path& path,
                               grpc::ClientContext& context) {
    registry::v1::DownloadArtefactRequest request;
    request.set_model(version.model);
    request.set_version(version.version);
    return artefact::Download(*stub, context, request, {version.sha256, version.size_bytes}, path);
  }

  // Leaves the newest `keep` files of a model, and what others are still downloading.
  void Sweep(const std::string& model, int keep) const {
    std::error_code failed;
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    for (const auto& entry : fs::directory_iterator(config.cache_dir, failed)) {
      const auto name = entry.path().filename().string();
      const auto written = entry.last_write_time(failed);
      if (failed || !name.starts_with(model + "-")) continue;
      if (name.ends_with(".safetensors")) files.emplace_back(written, entry.path());
      if (name.find(kPartial) != std::string::npos &&
          written + config.download_timeout < fs::file_time_type::clock::now())
        fs::remove(entry.path(), failed);
    }
    std::sort(files.rbegin(), files.rend());
    for (size_t i = static_cast<size_t>(keep); i < files.size(); ++i)
      fs::remove(files[i].second, failed);
  }
};

RegistryClient::RegistryClient(std::shared_ptr<grpc::Channel> registry, rpc::ServiceToken* token,
                               RegistryClientConfig config)
    : impl_(new Impl{registry::v1::RegistryService::NewStub(registry), token, std::move(config)}) {}

RegistryClient::~RegistryClient() = default;

Result<RegisteredVersion> RegistryClient::GetAlias(const std::string& model,
                                                   const std::string& alias, std::stop_token stop) {
  registry::v1::GetAliasRequest request;
  request.set_model(model);
  request.set_alias(alias);
  registry::v1::GetAliasResponse response;
  RETURN_IF_ERROR(impl_->Call(impl_->config.call_timeout, stop,
                              [&](grpc::ClientContext& context) -> Result<grpc::Status> {
                                return impl_->stub->GetAlias(&context, request, &response);
                              }));
  return FromWire(response.model_version());
}

Result<FetchedModel> RegistryClient::Fetch(const RegisteredVersion& version, std::stop_token stop) {
  // The names become a path: nothing but what we write ourselves may be in them.
  if (!IsSlug(version.model) || version.version < 1 || version.sha256.size() != 64 ||
      !std::all_of(version.sha256.begin(), version.sha256.end(),
                   [](unsigned char c) { return std::isxdigit(c) != 0; }))
    return Corrupt("the registry's entry is malformed");
  if (version.size_bytes > impl_->config.max_bytes)
    return Error::ResourceExhausted("artefact_too_large",
                                    "The artefact has " + std::to_string(version.size_bytes) +
                                        " bytes; MARQUEE_ARTEFACT_MAX_BYTES allows " +
                                        std::to_string(impl_->config.max_bytes) + ".");
  const auto path = impl_->PathOf(version);
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    auto cached = impl_->Load(version, path);
    if (cached.ok()) return cached;
    logging::Warning("cached artefact isn't usable: downloading it again",
                     {{"path", path.string()}, {"error", cached.error().ToString()}});
    fs::remove(path, ignored);
  }
  RETURN_IF_ERROR(impl_->Download(version, path, stop));
  auto model = impl_->Load(version, path);
  if (!model.ok()) fs::remove(path, ignored);
  return model;
}

}  // namespace marquee::artefact
