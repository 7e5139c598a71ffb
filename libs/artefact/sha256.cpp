#include "artefact/sha256.h"

#include <openssl/evp.h>

#include <cstdio>
#include <new>
#include <vector>

namespace marquee::artefact {
namespace {

void Check(int result) {
  if (result != 1) throw std::bad_alloc();  // EVP's digests fail only for want of memory
}

}  // namespace

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw std::bad_alloc();
    Start();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void Start() { Check(EVP_DigestInit_ex(context, EVP_sha256(), nullptr)); }

  EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(std::span<const std::byte> bytes) {
  Check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

void Sha256::Update(std::string_view bytes) { Update(std::as_bytes(std::span(bytes))); }

std::string Sha256::FinishHex() {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  Check(EVP_DigestFinal_ex(state_->context, digest.data(), &size));
  state_->Start();
  std::string hex;
  for (const unsigned char byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Sha256Hex(std::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.FinishHex();
}

Result<std::string> Sha256HexOfFile(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr)
    return Error::NotFound("file_not_found", "Can't read " + path.string() + ".");
  Sha256 hash;
  std::vector<std::byte> buffer(1 << 20);
  size_t size = 0;
  while ((size = std::fread(buffer.data(), 1, buffer.size(), file)) > 0) {
    hash.Update({buffer.data(), size});
  }
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return Error::Internal("reading " + path.string() + " failed");
  return hash.FinishHex();
}

}  // namespace marquee::artefact
