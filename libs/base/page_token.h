// Opaque page tokens for keyset paging: the sort key of the last row that was sent, bound to the
// list it came from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"

namespace marquee {

// `list` names the list and everything that shapes its order ("movies?genre=Drama&sort=title"): a
// token is only good for the same list. `key` is the last row's sort key. The token is base64url
// without padding, with a checksum: it detects mistakes, it is no secret and no authorization.
std::string EncodePageToken(std::string_view list, std::span<const std::string> key);

// The key, exactly `fields` strings; InvalidArgument "page_token_invalid" (field page_token) for
// anything else.
Result<std::vector<std::string>> DecodePageToken(std::string_view list, std::string_view token,
                                                 std::size_t fields);

// What a list says of a token that isn't its own: InvalidArgument "page_token_invalid" (field
// page_token).
Error PageTokenRefused();

namespace page_token {
std::string ToText(std::int64_t field);
inline std::string ToText(const std::string& field) { return field; }
bool FromText(const std::string& text, std::int64_t& field);
bool FromText(const std::string& text, std::string& field);
}  // namespace page_token

// The same for a key whose fields have types (std::int64_t, std::string): one that doesn't read as
// those is refused.
template <typename... Fields>
std::string EncodeTypedPageToken(std::string_view list, const Fields&... key) {
  return EncodePageToken(list, std::vector<std::string>{page_token::ToText(key)...});
}
template <typename... Fields>
Result<std::tuple<Fields...>> DecodeTypedPageToken(std::string_view list, std::string_view token) {
  ASSIGN_OR_RETURN(const auto texts, DecodePageToken(list, token, sizeof...(Fields)));
  std::tuple<Fields...> key;
  const bool read = [&]<std::size_t... i>(std::index_sequence<i...>) {
    return (page_token::FromText(texts[i], std::get<i>(key)) && ...);
  }
  (std::index_sequence_for<Fields...>());
  if (!read) return PageTokenRefused();
  return key;
}

// A Link header (RFC 8288) to what follows a page at `path`: the page of this token; where there is
// none, `then`, and nothing where that is empty, too.
std::string NextLink(std::string_view path, std::string_view page_token, std::string_view then);

// For lists that go by one number, at least 1: the last one that was sent; 0 for an empty token.
Result<std::int64_t> DecodeLastSent(std::string_view list, std::string_view token);

}  // namespace marquee
