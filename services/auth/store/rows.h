// Rows to values, for the PostgreSQL stores of auth.
#pragma once

#include <string>
#include <string_view>

#include "auth/domain/account.h"
#include "base/hex.h"
#include "base/result.h"

namespace pqxx {
class row;
}

// The columns that ReadAccount takes, first in a SELECT or RETURNING.
#define MARQUEE_AUTH_ACCOUNT_COLUMNS                                                    \
  "accounts.user_id, accounts.email, accounts.display_name, accounts.roles, "           \
  "(extract(epoch FROM accounts.created_at) * 1000000)::bigint, accounts.disabled, "    \
  "accounts.email_verified, "                                                           \
  "EXISTS (SELECT FROM second_factors WHERE second_factors.user_id = accounts.user_id " \
  "AND confirmed_at IS NOT NULL)"
// A moment given as microseconds, by the parameter's number.
#define MARQUEE_AUTH_MOMENT(parameter) \
  "(timestamptz 'epoch' + $" #parameter "::bigint * interval '1 microsecond')"

namespace marquee::auth {

inline constexpr int kAccountColumns = 8;  // what else is selected comes after them

Result<Account> ReadAccount(const pqxx::row& row);

}  // namespace marquee::auth
