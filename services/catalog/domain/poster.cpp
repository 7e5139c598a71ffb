#include "catalog/domain/poster.h"

#include <array>
#include <cstdint>
#include <optional>

namespace marquee::catalog {
namespace {

struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
};

constexpr std::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);

std::uint32_t Byte(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
std::uint32_t Big16(std::string_view bytes, std::size_t at) {
  return Byte(bytes, at) << 8 | Byte(bytes, at + 1);
}
std::uint32_t Big32(std::string_view bytes, std::size_t at) {
  return Big16(bytes, at) << 16 | Big16(bytes, at + 2);
}
std::uint32_t Little16(std::string_view bytes, std::size_t at) {
  return Byte(bytes, at) | Byte(bytes, at + 1) << 8;
}
std::uint32_t Little24(std::string_view bytes, std::size_t at) {
  return Little16(bytes, at) | Byte(bytes, at + 2) << 16;
}
std::uint32_t Little32(std::string_view bytes, std::size_t at) {
  return Little16(bytes, at) | Little16(bytes, at + 2) << 16;
}

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

// https://www.w3.org/TR/png/#5Chunk-layout
std::optional<Picture> ReadPng(std::string_view bytes) {
  std::size_t at = kPngSignature.size();
  Picture picture;
  bool has_data = false;
  for (bool first = true; bytes.size() - at >= 12; first = false) {
    const std::uint64_t length = Big32(bytes, at);
    if (length > bytes.size() - at - 12) return std::nullopt;
    const std::string_view type = bytes.substr(at + 4, 4);
    if (first != (type == "IHDR")) return std::nullopt;
    if (first) {
      if (length != 13 || Big32(bytes, at + 21) != Crc32(bytes.substr(at + 4, 17))) {
        return std::nullopt;
      }
      picture = {Big32(bytes, at + 8), Big32(bytes, at + 12)};
    }
    if (type == "IDAT" && length > 0) has_data = true;
    at += 12 + length;
    if (type == "IEND") {
      if (!has_data || at != bytes.size()) return std::nullopt;
      return picture;
    }
  }
  return std::nullopt;
}

// ITU-T T.81, annex B.
std::optional<Picture> ReadJpeg(std::string_view bytes) {
  if (!bytes.ends_with("\xFF\xD9")) return std::nullopt;
  std::optional<Picture> picture;
  std::size_t at = 2;
  while (bytes.size() - at >= 4 && Byte(bytes, at) == 0xFF) {
    const std::uint32_t marker = Byte(bytes, at + 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD9)) return std::nullopt;
    const std::size_t length = Big16(bytes, at + 2);
    if (length < 2 || length + 2 > bytes.size() - at) return std::nullopt;
    const bool frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      if (length < 11 || picture) return std::nullopt;
      picture = Picture{Big16(bytes, at + 7), Big16(bytes, at + 5)};
    }
    at += 2 + length;
    // The scan's data follow; nothing to look at until the end mark.
    if (marker == 0xDA) return bytes.size() - at > 2 ? picture : std::nullopt;
  }
  return std::nullopt;
}

// https://developers.google.com/speed/webp/docs/riff_container, RFC 6386 (VP8)
std::optional<Picture> ReadWebp(std::string_view bytes) {
  const std::uint64_t riff = Little32(bytes, 4);
  if (riff % 2 != 0 || riff + 8 != bytes.size() || bytes.size() < 30) return std::nullopt;
  const std::string_view type = bytes.substr(12, 4);
  const std::uint64_t length = Little32(bytes, 16);
  if (length < 10 || length > bytes.size() - 20) return std::nullopt;
  if (type == "VP8X") {
    return Picture{Little24(bytes, 24) + std::int64_t{1}, Little24(bytes, 27) + std::int64_t{1}};
  }
  if (type == "VP8 ") {
    if (Little24(bytes, 23) != 0x2A019D || (Byte(bytes, 20) & 1) != 0) return std::nullopt;
    return Picture{Little16(bytes, 26) & 0x3FFF, Little16(bytes, 28) & 0x3FFF};
  }
  if (type == "VP8L") {
    const std::uint32_t bits = Little32(bytes, 21);
    if (Byte(bytes, 20) != 0x2F || bits >> 29 != 0) return std::nullopt;
    return Picture{(bits & 0x3FFF) + std::int64_t{1}, (bits >> 14 & 0x3FFF) + std::int64_t{1}};
  }
  return std::nullopt;
}

struct Format {
  const char* content_type;
  bool (*matches)(std::string_view);
  std::optional<Picture> (*read)(std::string_view);
};

constexpr std::array kFormats{
    Format{"image/png", [](std::string_view b) { return b.starts_with(kPngSignature); }, ReadPng},
    Format{"image/jpeg", [](std::string_view b) { return b.starts_with("\xFF\xD8\xFF"); },
           ReadJpeg},
    Format{"image/webp",
           [](std::string_view b) {
             return b.size() >= 20 && b.starts_with("RIFF") && b.substr(8, 4) == "WEBP";
           },
           ReadWebp},
};

}  // namespace

Result<Poster> CheckedPoster(std::string bytes) {
  if (bytes.size() > kMaxPosterBytes) {
    return Error::InvalidArgument("poster_too_large", "a poster has at most 2 MiB", "image");
  }
  for (const Format& format : kFormats) {
    if (!format.matches(bytes)) continue;
    const auto picture = format.read(bytes);
    if (!picture) {
      return Error::InvalidArgument(
          "poster_corrupt",
          std::string("the poster begins like ") + format.content_type + " but isn't a whole one",
          "image");
    }
    if (picture->width < 1 || picture->height < 1 || picture->width > kMaxPosterSide ||
        picture->height > kMaxPosterSide) {
      return Error::InvalidArgument("poster_dimensions", "a poster's sides have 1 to 8192 pixels",
                                    "image");
    }
    return Poster{format.content_type, static_cast<int>(picture->width),
                  static_cast<int>(picture->height), std::move(bytes)};
  }
  return Error::InvalidArgument("poster_unsupported",
                                "a poster must be a PNG, JPEG or WebP picture", "image");
}

}  // namespace marquee::catalog
