#include "gateway/http/head.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace marquee::gateway::http {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool HasOption(std::string_view list, std::string_view option) {
  const std::string lower = Lower(list);
  std::string_view rest = lower;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (Trim(rest.substr(0, comma)) == option) return true;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return false;
}

std::optional<HeadError> ReadRequestLine(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return HeadError{400, "a bad request line"};
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!IsToken(line.substr(0, first)) || target.empty())
    return HeadError{400, "a bad request line"};
  const bool visible =
      std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c != 0x7F; });
  if (!visible) return HeadError{400, "a bad request target"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return HeadError{505, "an HTTP version other than 1.0 and 1.1"};
  head.keep_alive = version == "HTTP/1.1";
  head.request.method = ParseMethod(line.substr(0, first));
  head.request.target = std::string(target);
  return std::nullopt;
}

std::optional<HeadError> ReadHeader(std::string_view line, Head& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon)))
    return HeadError{400, "a bad header"};
  Header header{Lower(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))};
  const std::string& value = header.value;
  if (header.name == "transfer-encoding") return HeadError{411, "a body without a Content-Length"};
  if (header.name == "content-length") {
    if (head.request.Find("content-length") != nullptr)
      return HeadError{400, "two Content-Length headers"};
    const auto [end, bad] =
        std::from_chars(value.data(), value.data() + value.size(), head.content_length);
    if (bad != std::errc() || end != value.data() + value.size())
      return HeadError{400, "a bad Content-Length"};
  } else if (header.name == "connection") {
    if (HasOption(value, "close")) head.keep_alive = false;
    if (HasOption(value, "keep-alive")) head.keep_alive = true;
  } else if (header.name == "expect") {
    head.expects_continue = Lower(value) == "100-continue";
  }
  if (head.request.headers.size() == kMaxHeaders) return HeadError{431, "too many headers"};
  head.request.headers.push_back(std::move(header));
  return std::nullopt;
}

}  // namespace

bool ReadHead(std::string_view in, Head& head, std::optional<HeadError>& error) {
  error.reset();
  const std::size_t end = in.substr(0, kMaxHeadBytes).find("\r\n\r\n");
  const std::string_view seen = in.substr(0, std::min(end, kMaxHeadBytes));
  const bool control = std::any_of(seen.begin(), seen.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t' && c != '\r' && c != '\n') || byte == 0x7F;
  });
  if (control) {
    error = HeadError{400, "a control character"};
    return false;
  }
  if (end == std::string_view::npos) {
    if (in.size() >= kMaxHeadBytes) error = HeadError{431, "headers too large"};
    return false;
  }
  head.bytes = end + 4;
  std::string_view rest = in.substr(0, end);
  bool first = true;
  while (!rest.empty()) {
    const std::size_t stop = rest.find("\r\n");
    const std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 2);
    if (line.find_first_of("\r\n") != std::string_view::npos) {
      error = HeadError{400, "a bare line break"};
    } else {
      error = first ? ReadRequestLine(line, head) : ReadHeader(line, head);
    }
    if (error) return false;
    first = false;
  }
  if (first) error = HeadError{400, "no request line"};
  return !error;
}

}  // namespace marquee::gateway::http
