#include "base/page_token.h"

#include <charconv>
#include <cstdint>

#include "base/base64.h"
#include "base/digest.h"

namespace marquee {
namespace {

constexpr std::size_t kChecksumBytes = 6;

void AppendSized(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(size >> shift));
  out.append(text);
}

std::string Checksum(std::string_view list, std::string_view payload) {
  std::string input = "marquee page token 1";
  AppendSized(input, list);
  input.append(payload);
  return Sha256(input).substr(0, kChecksumBytes);
}

}  // namespace

Error PageTokenRefused() {
  return Error::InvalidArgument("page_token_invalid",
                                "the page token is not one that this list gave out", "page_token");
}

namespace page_token {

std::string ToText(std::int64_t field) { return std::to_string(field); }

bool FromText(const std::string& text, std::int64_t& field) {
  const char* const end = text.data() + text.size();
  return std::from_chars(text.data(), end, field) == std::from_chars_result{end, std::errc{}};
}

bool FromText(const std::string& text, std::string& field) {
  field = text;
  return true;
}

}  // namespace page_token

std::string EncodePageToken(std::string_view list, std::span<const std::string> key) {
  std::string payload;
  for (const auto& field : key) AppendSized(payload, field);
  return Base64UrlEncode(Checksum(list, payload) + payload);
}

Result<std::vector<std::string>> DecodePageToken(std::string_view list, std::string_view token,
                                                 std::size_t fields) {
  const auto bytes = Base64UrlDecode(token);
  if (!bytes.ok() || bytes->size() < kChecksumBytes) return PageTokenRefused();
  std::string_view payload = *bytes;
  const auto checksum = payload.substr(0, kChecksumBytes);
  payload.remove_prefix(kChecksumBytes);
  if (checksum != Checksum(list, payload)) return PageTokenRefused();
  std::vector<std::string> key;
  while (payload.size() >= 4) {
    std::uint32_t size = 0;
    for (int i = 3; i >= 0; --i) size = (size << 8) | static_cast<unsigned char>(payload[i]);
    payload.remove_prefix(4);
    if (size > payload.size()) return PageTokenRefused();
    key.emplace_back(payload.substr(0, size));
    payload.remove_prefix(size);
  }
  if (!payload.empty() || key.size() != fields) return PageTokenRefused();
  return key;
}

Result<std::int64_t> DecodeLastSent(std::string_view list, std::string_view token) {
  if (token.empty()) return 0;
  ASSIGN_OR_RETURN(const auto key, DecodeTypedPageToken<std::int64_t>(list, token));
  if (std::get<0>(key) < 1) return PageTokenRefused();
  return std::get<0>(key);
}

std::string NextLink(std::string_view path, std::string_view page_token, std::string_view then) {
  std::string next(then);
  if (!page_token.empty()) next = std::string(path) + "?page_token=" + std::string(page_token);
  return next.empty() ? next : "<" + next + ">; rel=\"next\"";
}

}  // namespace marquee
