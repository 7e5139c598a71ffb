// Opaque page tokens for keyset paging: the sort key of the last row that was sent, bound to the
// list it came from.
#pragma once

#include <span>
#include <string>
#include <string_view>
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

}  // namespace marquee
