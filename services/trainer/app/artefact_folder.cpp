#include "trainer/app/artefact_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

#include "logging/log.h"

namespace marquee::trainer {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kRunMark = "-run-";

Error FolderUnavailable(const std::string& what) {
  return Error::Unavailable("artefact_folder_unavailable",
                            "The artefact folder can't be used: " + what + ".");
}

Error FolderFailed(const fs::path& path, const std::string& what) {
  logging::Error("artefact folder failed", {{"path", path.string()}, {"error", what}});
  return FolderUnavailable(what);
}

Error Missing(const std::string& file) {
  return Error::NotFound("artefact_missing",
                         "The version's artefact " + file + " is not there any more.");
}

Error Damaged(const std::string& file, const std::string& how) {
  return Error::DataLoss("artefact_corrupt",
                         "The version's artefact " + file + " is damaged: " + how);
}

// 7 of "ranking-run-7.safetensors" and of everything else whose name begins so.
std::optional<std::int64_t> RunOf(const std::string& file) {
  const auto mark = file.find(kRunMark);
  if (mark == std::string::npos) return std::nullopt;
  std::int64_t run = 0;
  const char* const begin = file.data() + mark + kRunMark.size();
  const auto [end, error] = std::from_chars(begin, file.data() + file.size(), run);
  if (error != std::errc{} || end == file.data() + file.size() || *end != '.') return std::nullopt;
  return run;
}

std::string CardOf(std::string file) {
  const auto suffix = file.rfind(".safetensors");
  return suffix == std::string::npos ? file : file.substr(0, suffix) + ".card.json";
}

Status WriteAndSync(const fs::path& path, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return FolderFailed(path, std::strerror(errno));
  int problem = 0;
  while (!bytes.empty() && problem == 0) {
    const auto written = write(file, bytes.data(), bytes.size());
    if (written >= 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) problem = errno;
  }
  if (problem == 0 && fsync(file) != 0) problem = errno;
  if (close(file) != 0 && problem == 0) problem = errno;
  if (problem != 0) return FolderFailed(path, std::strerror(problem));
  return {};
}

void SyncFolder(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

std::string ArtefactFolder::FileName(const std::string& model, std::int64_t run_id,
                                     ArtefactKind kind) {
  const auto stem = model + std::string(kRunMark) + std::to_string(run_id);
  switch (kind) {
    case ArtefactKind::kServed: return stem + ".safetensors";
    case ArtefactKind::kEvaluation: return stem + ".evaluation.safetensors";
    case ArtefactKind::kCard: return stem + ".card.json";
  }
  return stem;
}

Status ArtefactFolder::Check() const {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed) return FolderFailed(folder_, failed.message());
  if (access(folder_.c_str(), W_OK | X_OK) != 0) return FolderFailed(folder_, std::strerror(errno));
  return {};
}

Result<artefact::WrittenFile> ArtefactFolder::Save(const std::string& file,
                                                   const models::Model& model,
                                                   const artefact::Metadata& metadata) const {
  return artefact::SaveModel(PathOf(file), model, metadata);
}

Status ArtefactFolder::SaveCard(const std::string& file, const std::string& card) const {
  const auto path = PathOf(file);
  const fs::path temporary = path.string() + ".partial";
  RETURN_IF_ERROR(WriteAndSync(temporary, card));
  std::error_code failed;
  fs::rename(temporary, path, failed);
  if (failed) return FolderFailed(path, failed.message());
  SyncFolder(folder_);
  return {};
}

Status ArtefactFolder::CheckReadable() const {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  const fs::directory_iterator first(folder_, failed);
  if (failed) return FolderUnavailable(failed.message());
  return {};
}

Result<artefact::LoadedModel> ArtefactFolder::LoadServed(const ModelVersion& version) const {
  const auto found = Identify(version.file);
  if (!found) return Missing(version.file);
  if (found->bytes != version.size_bytes)
    return Damaged(version.file, "it has " + std::to_string(found->bytes) + " bytes instead of " +
                                     std::to_string(version.size_bytes) + ".");
  auto loaded = artefact::LoadModel(PathOf(version.file));
  if (!loaded.ok()) return Damaged(version.file, loaded.error().message);
  if (loaded->sha256 != version.sha256)
    return Damaged(version.file, "its SHA-256 is not the registered one.");
  if (const auto serves = artefact::CheckServes(version.model, *loaded->ranker); !serves.ok())
    return Damaged(version.file, serves.error().message);
  return loaded;
}

Result<std::shared_ptr<const models::Ranker>> ArtefactFolder::LoadEvaluation(
    const ModelVersion& version, const std::string& sha256) const {
  const auto& file = version.evaluation_file;
  if (!Has(file)) return Missing(file);
  auto loaded = artefact::LoadModel(PathOf(file));
  if (!loaded.ok()) return Damaged(file, loaded.error().message);
  if (!sha256.empty() && loaded->sha256 != sha256)
    return Damaged(file, "its SHA-256 is not the one that the served artefact names.");
  const auto is = [&](const char* key, const std::string& value) {
    const auto found = loaded->metadata.find(key);
    return found != loaded->metadata.end() && found->second == value;
  };
  if (!is(kModelKey, version.model) || !is(kRunKey, std::to_string(version.run_id)))
    return Damaged(file, "it is another version's.");
  if (const auto serves = artefact::CheckServes(version.model, *loaded->ranker); !serves.ok())
    return Damaged(file, serves.error().message);
  return std::move(loaded->ranker);
}

ArtefactFolder::Loaded ArtefactFolder::Load(const ModelVersion& version) const {
  const auto served = LoadServed(version);
  // What was registered before the served file named it is known by its metadata alone.
  std::string sha256;
  if (served.ok()) {
    const auto named = served->metadata.find(kEvaluationHashKey);
    if (named != served->metadata.end()) sha256 = named->second;
  }
  return {served.ok() ? Status() : Status(served.error()), LoadEvaluation(version, sha256)};
}

std::optional<FileIdentity> ArtefactFolder::Identify(const std::string& file) const {
  struct stat found {};
  if (file.empty() || stat(PathOf(file).c_str(), &found) != 0 || !S_ISREG(found.st_mode))
    return std::nullopt;
  return FileIdentity{
      .inode = found.st_ino,
      .bytes = found.st_size,
      .modified_ns = found.st_mtim.tv_sec * std::int64_t{1'000'000'000} + found.st_mtim.tv_nsec};
}

Status ArtefactFolder::Read(const std::string& file, std::size_t chunk_bytes,
                            const std::function<Status(std::string chunk)>& each) const {
  std::ifstream stream(PathOf(file), std::ios::binary);
  if (!stream || !Has(file)) return Missing(file);
  while (stream) {
    std::string chunk(chunk_bytes, '\0');
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    chunk.resize(static_cast<std::size_t>(stream.gcount()));
    if (chunk.empty()) break;
    RETURN_IF_ERROR(each(std::move(chunk)));
  }
  if (stream.bad()) return FolderFailed(PathOf(file), "reading failed");
  return {};
}

void ArtefactFolder::Remove(const std::string& file) const {
  std::error_code ignored;
  if (!file.empty()) fs::remove(PathOf(file), ignored);
}

void ArtefactFolder::RemoveRun(std::int64_t run_id) const {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    if (RunOf(entry.path().filename().string()) == run_id) fs::remove(entry.path(), failed);
  }
}

Result<int> ArtefactFolder::Sweep(
    const std::function<Result<std::optional<bool>>(std::int64_t run_id)>& ended,
    const std::function<Result<std::vector<std::string>>()>& registered) const {
  std::error_code failed;
  std::map<std::int64_t, std::vector<std::string>> files;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    const auto name = entry.path().filename().string();
    if (const auto run = RunOf(name)) files[*run].push_back(name);
  }
  if (failed) return FolderFailed(folder_, failed.message());

  std::vector<std::string> leftovers;
  for (const auto& [run, names] : files) {
    ASSIGN_OR_RETURN(const auto has_ended, ended(run));
    if (!has_ended) {
      logging::Warning("artefacts of an unknown run: left alone", {{"run_id", run}});
    } else if (*has_ended) {
      leftovers.insert(leftovers.end(), names.begin(), names.end());
    }
  }
  if (leftovers.empty()) return 0;
  ASSIGN_OR_RETURN(const auto owned, registered());
  std::set<std::string> keep;
  for (const auto& file : owned) {
    keep.insert(file);
    keep.insert(CardOf(file));
  }
  int removed = 0;
  for (const auto& file : leftovers) {
    if (!keep.contains(file) && fs::remove(PathOf(file), failed)) ++removed;
  }
  return removed;
}

}  // namespace marquee::trainer
