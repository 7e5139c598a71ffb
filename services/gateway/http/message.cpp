#include "gateway/http/message.h"

#include <algorithm>
#include <array>
#include <utility>

namespace marquee::gateway::http {
namespace {

constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods{
    {{"GET", Method::kGet},
     {"HEAD", Method::kHead},
     {"POST", Method::kPost},
     {"PUT", Method::kPut},
     {"PATCH", Method::kPatch},
     {"DELETE", Method::kDelete},
     {"OPTIONS", Method::kOptions}}};

// RFC 9110, section 5.6.2.
constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = table[c + ('a' - 'A')] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

std::string_view Name(Method method) {
  for (const auto& [name, value] : kMethods) {
    if (value == method) return name;
  }
  return "?";
}

Method ParseMethod(std::string_view name) {
  for (const auto& [known, value] : kMethods) {
    if (known == name) return value;
  }
  return Method::kOther;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenBytes[static_cast<unsigned char>(c)];
  });
}

bool IsHeaderValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= ' ' && byte != 0x7F) || c == '\t';
  });
}

const std::string* Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name == name) return &header.value;
  }
  return nullptr;
}

int Request::Count(std::string_view name) const {
  int count = 0;
  for (const Header& header : headers) count += header.name == name ? 1 : 0;
  return count;
}

}  // namespace marquee::gateway::http
