#include "trainer/app/artefact_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

#include "artefact/model_file.h"
#include "logging/log.h"

namespace marquee::trainer {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kRunMark = "-run-";

Error FolderFailed(const fs::path& path, const std::string& what) {
  logging::Error("artefact folder failed", {{"path", path.string()}, {"error", what}});
  return Error::Unavailable("artefact_folder_unavailable",
                            "The artefact folder can't be used: " + what + ".");
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
                                                   const models::ServedModel& model,
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

Result<models::ServedModel> ArtefactFolder::Load(const std::string& file) const {
  ASSIGN_OR_RETURN(auto loaded, artefact::LoadModel(PathOf(file)));
  return std::move(loaded.model);
}

bool ArtefactFolder::Has(const std::string& file) const {
  std::error_code ignored;
  return !file.empty() && fs::is_regular_file(PathOf(file), ignored);
}

Status ArtefactFolder::Read(const std::string& file, std::size_t chunk_bytes,
                            const std::function<Status(std::string chunk)>& each) const {
  std::ifstream stream(PathOf(file), std::ios::binary);
  if (!stream)
    return Error::NotFound("artefact_missing", "The version's artefact is not there any more.");
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
