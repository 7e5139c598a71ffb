// UTF-8 text, as far as rules for names, reviews and files need it. But for IsUtf8 and
// Utf8SequenceBytes, text is taken to be valid UTF-8: protobuf has checked it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace marquee {

// Without the ASCII white space and no-break, ideographic and zero-width spaces around it.
std::string_view Trimmed(std::string_view text);

std::string AsciiLower(std::string_view text);  // other letters stay as they are

// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// The bytes of the well-formed UTF-8 sequence that `text` begins with: 1 to 4, or 0 when it begins
// with none.
std::size_t Utf8SequenceBytes(std::string_view text);

std::size_t CodePoints(std::string_view text);

// C0, DEL and C1; of these, a text of several lines may have line feeds, and tabs.
bool HasControls(std::string_view text, bool lines_allowed = false);

// Of the first `most` bytes those that are printable ASCII: for what must go into a header or a log
// line, whatever somebody sent.
std::string PrintableAscii(std::string_view text, std::size_t most);

}  // namespace marquee
