// Posters: pictures are known by their content, never by what the sender calls them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::catalog {

inline constexpr std::size_t kMaxPosterBytes = 2 << 20;
inline constexpr int kMaxPosterSide = 8192;  // pixels: more is a decompression bomb

struct Poster {
  std::string content_type;  // "image/png", "image/jpeg" or "image/webp"
  int width = 0;             // pixels
  int height = 0;
  std::string bytes;
};

// What the bytes are. Checks the container's structure from the first byte to the last (PNG: chunks
// from IHDR over IDAT to IEND, IHDR's CRC; JPEG: segments to a frame header and a scan, the end
// mark; WebP: RIFF's length, the frame's header) and the dimensions; pixels are not decoded.
// InvalidArgument "poster_too_large", "poster_unsupported", "poster_corrupt" or
// "poster_dimensions", field "image".
Result<Poster> CheckedPoster(std::string bytes);

}  // namespace marquee::catalog
