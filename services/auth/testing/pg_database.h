// auth's tables in a database of the test PostgreSQL: one for the program, emptied for each test.
#pragma once

#include "pg/pool.h"
#include "pg/testing.h"

namespace marquee::auth {

inline const pg::TestDatabase& Database() {
  static const pg::TestDatabase database;
  static const bool migrated = (database.Migrate("services/auth/migrations"), true);
  (void)migrated;
  return database;
}

// What the fixtures of the stores begin with.
class PgDatabase {
 public:
  // What the environment lacks; nullptr: nothing.
  static const char* Missing() {
    return pg::HasTestPostgres() ? nullptr : "MARQUEE_TEST_POSTGRES_URI";
  }

 protected:
  PgDatabase() : pool_({.uri = Database().uri()}) {
    Database().Execute(
        "TRUNCATE accounts, guesses, mail_outbox, signing_keys, person_outbox, "
        "account_state_outbox, provider_requests, erasures, erasure_receipts, erased_users, "
        "consumer_offsets "
        "RESTART IDENTITY CASCADE");
    // Its triggers would refuse.
    Database().Execute("SET session_replication_role = replica; TRUNCATE audit_entries");
  }
  pg::Pool pool_;
};

}  // namespace marquee::auth
