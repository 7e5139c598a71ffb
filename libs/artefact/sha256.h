// SHA-256 of what is too large to hold at once.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace marquee::artefact {

// Feed it in pieces of any size; one hash for each object; not for sharing between threads.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view bytes);
  // 64 lower-case hexadecimal digits. The object starts anew.
  std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view bytes);
// NotFound or Internal when the file can't be read.
Result<std::string> Sha256HexOfFile(const std::filesystem::path& path);

}  // namespace marquee::artefact
