#include "auth/store/rows.h"

#include <pqxx/pqxx>

#include "pg/array.h"
#include "pg/time.h"

namespace marquee::auth {

Result<Account> ReadAccount(const pqxx::row& row) {
  Account account;
  account.user_id = row[0].as<std::int64_t>();
  account.email = row[1].as<std::string>();
  account.display_name = row[2].as<std::string>();
  ASSIGN_OR_RETURN(const auto names, pg::ParseTextArray(row[3].c_str()));
  ASSIGN_OR_RETURN(account.roles, ParseRoles(names));
  account.created_at = pg::FromMicroseconds(row[4].as<std::int64_t>());
  return account;
}

std::string ToHex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

std::string FromHex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  }
  return bytes;
}

}  // namespace marquee::auth
