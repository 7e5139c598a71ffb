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
  account.disabled = row[5].as<bool>();
  account.email_verified = row[6].as<bool>();
  account.second_factor = row[7].as<bool>();
  return account;
}

}  // namespace marquee::auth
