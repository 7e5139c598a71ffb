// For integration tests: a database of its own on the PostgreSQL that MARQUEE_TEST_POSTGRES_URI
// names.
#pragma once

#include <string>
#include <vector>

namespace marquee::pg {

// Whether the variable is set; a test that needs PostgreSQL is skipped without it.
bool HasTestPostgres();

// Throws std::runtime_error when PostgreSQL can't be reached: such a test fails, it isn't skipped.
class TestDatabase {
 public:
  TestDatabase();   // CREATE DATABASE with a random name
  ~TestDatabase();  // DROP DATABASE … WITH (FORCE)
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& uri() const { return uri_; }
  void Execute(const std::string& sql) const;  // several statements; outside any transaction
  // Runs the deploy scripts of a sqitch folder ("services/catalog/migrations"; paths are relative
  // to the repository's root, where ctest runs) in the plan's order.
  void Migrate(const std::string& folder) const;
  void KillConnections() const;  // every other session of this database, as if the server had gone

 private:
  std::string admin_uri_;
  std::string name_;
  std::string uri_;
};

}  // namespace marquee::pg
