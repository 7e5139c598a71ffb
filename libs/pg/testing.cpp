#include "pg/testing.h"

#include <fstream>
#include <pqxx/pqxx>
#include <sstream>
#include <stdexcept>

#include "base/uuid.h"
#include "config/config.h"

namespace marquee::pg {
namespace {

void ExecuteAt(const std::string& uri, const std::string& sql) {
  pqxx::connection connection(uri);
  pqxx::nontransaction(connection).exec(sql);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string WithDatabase(const std::string& uri, const std::string& name) {
  const auto authority = uri.find("://");
  if (authority == std::string::npos)
    throw std::runtime_error("MARQUEE_TEST_POSTGRES_URI is no URI");
  const auto path = uri.find('/', authority + 3);
  const auto query = uri.find('?', authority + 3);
  return uri.substr(0, std::min(path, query)) + "/" + name +
         (query == std::string::npos ? "" : uri.substr(query));
}

}  // namespace

bool HasTestPostgres() {
  return config::SystemEnvironment().Get("MARQUEE_TEST_POSTGRES_URI").has_value();
}

TestDatabase::TestDatabase() {
  const auto uri = config::SystemEnvironment().Get("MARQUEE_TEST_POSTGRES_URI");
  if (!uri) throw std::runtime_error("MARQUEE_TEST_POSTGRES_URI isn't set: see deploy/local/infra");
  admin_uri_ = *uri;
  name_ = "test_" + Uuid::V7(SystemClock().Now()).ToString();
  std::erase(name_, '-');
  uri_ = WithDatabase(admin_uri_, name_);
  ExecuteAt(admin_uri_, "CREATE DATABASE " + name_);
}

TestDatabase::~TestDatabase() {
  try {
    ExecuteAt(admin_uri_, "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The cluster is thrown away after the tests anyway.
  }
}

void TestDatabase::Execute(const std::string& sql) const { ExecuteAt(uri_, sql); }

void TestDatabase::Migrate(const std::string& folder) const {
  std::istringstream plan(ReadAll(folder + "/sqitch.plan"));
  for (std::string line; std::getline(plan, line);) {
    if (line.empty() || line[0] == '%' || line[0] == '@' || line[0] == '#') continue;
    Execute(ReadAll(folder + "/deploy/" + line.substr(0, line.find(' ')) + ".sql"));
  }
}

void TestDatabase::KillConnections() const {
  ExecuteAt(admin_uri_, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                            name_ + "'");
}

}  // namespace marquee::pg
