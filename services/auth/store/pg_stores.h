// All that auth keeps in PostgreSQL and answers calls from.
#pragma once

#include "auth/store/pg_accounts.h"
#include "auth/store/pg_api_keys.h"
#include "auth/store/pg_audit.h"
#include "auth/store/pg_guesses.h"
#include "auth/store/pg_identities.h"
#include "auth/store/pg_keys.h"
#include "auth/store/pg_mails.h"
#include "auth/store/pg_oauth.h"
#include "auth/store/pg_second_factors.h"
#include "auth/store/pg_sessions.h"

namespace marquee::auth {

struct PgStores {
  explicit PgStores(pg::Pool& pool)
      : accounts(pool),
        sessions(pool),
        keys(pool),
        api_keys(pool),
        oauth(pool),
        audit(pool),
        guesses(pool),
        second_factors(pool),
        mails(pool),
        identities(pool) {}

  PgAccounts accounts;
  PgSessions sessions;
  PgKeys keys;
  PgApiKeys api_keys;
  PgOAuth oauth;
  PgAudit audit;
  PgGuesses guesses;
  PgSecondFactors second_factors;
  PgMails mails;
  PgIdentities identities;
};

}  // namespace marquee::auth
