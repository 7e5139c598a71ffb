// One migrated database for the whole test program, on the PostgreSQL of MARQUEE_TEST_POSTGRES_URI.
#pragma once

#include <string>

namespace marquee::catalog {

bool HasPostgres();
std::string DatabaseUri();  // makes and migrates the database when first called
void EmptyDatabase();       // as it was after the migration
void ExecuteInDatabase(const std::string& sql);
void KillConnections();  // as if the server had gone for a moment

}  // namespace marquee::catalog
