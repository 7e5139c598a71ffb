// ExportService over real gRPC, on the stores in memory.
#include "auth/rpc/export_handler.h"

#include <gtest/gtest.h>

#include <set>

#include "auth/testing/fakes.h"
#include "auth/testing/memory_api_keys.h"
#include "auth/testing/memory_audit.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_oauth.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"
#include "base/testing/calls.h"
#include "base/uuid.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"
#include "rpc/testing/fake_auth.h"

namespace marquee::auth {
namespace {

class ExportHandlerTest : public testing::Test {
 protected:
  ExportHandlerTest()
      : stub_(v1::ExportService::NewStub(rpc::MakeChannel(server_.address()))),
        ada_(store_
                 .Create({*Email::Make("ada@b.co"), "$argon2id$x", "Ada", {Role::kUser}, Now()},
                         kNoDeadline)
                 ->user_id) {}

  static Time Now() { return SystemClock().Now(); }
  void AddSessions(int count) {
    for (int i = 0; i < count; ++i) {
      const auto started =
          store_.Start({Uuid::V7(Now()).ToString(), ada_, Now(), Now() + std::chrono::hours{1}}, {},
                       Uuid::V7(Now()).ToString().substr(0, 32), kNoDeadline);
      EXPECT_TRUE(started.ok());
    }
  }
  std::string Export(std::int64_t user, const std::string& token,
                     v1::ExportAccountResponse& response) {
    grpc::ClientContext context;
    rpc::ActAsService(context, auth_.Token("user", user), std::chrono::seconds{10});
    v1::ExportAccountRequest request;
    request.set_page_token(token);
    return rpc::Said(stub_->ExportAccount(&context, request, &response));
  }
  // The token in a link to this service's next page; empty for any other link.
  static std::string TokenOf(const std::string& link) {
    constexpr std::string_view kBegin = "</v1/me/export?page_token=";
    if (!link.starts_with(kBegin)) return {};
    return link.substr(kBegin.size(), link.find('>') - kBegin.size());
  }

  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  MemoryApiKeys api_key_store_{store_};
  FakeHasher hasher_;
  PlainSealer sealer_;
  KeyRing keys_{store_, sealer_, SystemClock(), {}};
  Sessions sessions_{store_, keys_, SystemClock(), metrics_, "the successors' key"};
  MemoryGuesses guesses_;
  GuessGuard guard_{guesses_, store_, SystemClock(), metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  MemorySecondFactors factor_store_{store_};
  SecondFactors second_factors_{factor_store_, passwords_,    guard_,          sessions_,
                                sealer_,       SystemClock(), "the codes' key"};
  Accounts accounts_{store_, passwords_, second_factors_, sessions_, SystemClock(), metrics_};
  ApiKeys api_keys_{api_key_store_, keys_, SystemClock()};
  MemoryOAuth oauth_{store_};
  MemoryAudit log_;
  Audit audit_{log_, store_, SystemClock(), std::chrono::hours{24}, registry_};
  ExportHandler handler_{
      accounts_, sessions_, api_keys_, oauth_, oauth_, audit_, "/v1/me/export/ratings"};
  const rpc::FakeAuth auth_{"the secret of services"};
  token::Verifier verifier_{{}, auth_.Keys(), SystemClock()};
  rpc::TestServer server_{{&handler_}, verifier_, registry_, {}};
  std::unique_ptr<v1::ExportService::Stub> stub_;
  const std::int64_t ada_;
};

TEST_F(ExportHandlerTest, HasTheAccountEachSessionAndEachKeyOnce) {
  AddSessions(450);
  ASSERT_TRUE(api_keys_.Create(ada_, {"nightly", {"read"}, {}}, kNoDeadline).ok());
  std::set<std::string> sessions;
  int accounts = 0, keys = 0, pages = 0;
  std::string token, link;
  do {
    v1::ExportAccountResponse page;
    ASSERT_EQ(Export(ada_, token, page), "OK");
    for (const auto& line : page.lines()) {
      accounts += line.has_account() ? 1 : 0;
      keys += line.has_api_key() ? 1 : 0;
      if (line.has_session()) sessions.insert(line.session().session_id());
    }
    if (++pages == 1) {
      EXPECT_EQ(page.lines(0).account().email(), "ada@b.co");
    }
    link = page.link();
    token = TokenOf(link);
  } while (!token.empty());
  EXPECT_EQ(link, "</v1/me/export/ratings>; rel=\"next\"");
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(sessions.size(), 450U);
  EXPECT_EQ(accounts, 1);
  EXPECT_EQ(keys, 1);
}

TEST_F(ExportHandlerTest, HasApplicationsAndTheAudit) {
  ASSERT_TRUE(oauth_.Add({.id = "club", .owner = ada_, .name = "Club"}, 1, kNoDeadline).ok());
  ASSERT_TRUE(oauth_.Add({.id = "other", .name = "Another's"}, 1, kNoDeadline).ok());
  ASSERT_TRUE(oauth_.AddConsent(ada_, "other", {"read"}, kNoDeadline).ok());
  const std::string about = std::to_string(ada_);
  constexpr int kEntries = 250;
  for (int i = 0; i < kEntries; ++i)
    audit_.Enter({.action = "login", .code = "OK", .address = "192.0.2.7"}, about, kNoDeadline);
  audit_.Enter({.action = "roles.set", .code = "OK", .actor = "5", .address = "198.51.100.1"},
               about, kNoDeadline);
  audit_.Enter({.action = "login", .code = "OK"}, std::to_string(ada_ + 1), kNoDeadline);
  std::vector<v1::AccountLine> lines;
  std::string token;
  do {
    v1::ExportAccountResponse page;
    ASSERT_EQ(Export(ada_, token, page), "OK");
    lines.insert(lines.end(), page.lines().begin(), page.lines().end());
    token = TokenOf(page.link());
  } while (!token.empty());
  ASSERT_EQ(lines.size(), 1U + 2 + kEntries + 1);
  EXPECT_EQ(lines[1].consent().name(), "Another's");
  EXPECT_EQ(lines[1].consent().scopes(0), "read");
  EXPECT_EQ(lines[2].oauth_client().client_id(), "club");
  EXPECT_EQ(lines[3].audit_entry().action(), "roles.set");
  EXPECT_EQ(lines[3].audit_entry().address(), "") << "the administrator's";
  EXPECT_EQ(lines[4].audit_entry().address(), "192.0.2.7");
  EXPECT_EQ(lines.back().audit_entry().action(), "login");
}

TEST_F(ExportHandlerTest, TakesNoTokenOfAnother) {
  AddSessions(201);
  v1::ExportAccountResponse page;
  ASSERT_EQ(Export(ada_, "", page), "OK");
  const std::string token = TokenOf(page.link());
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(Export(ada_ + 1, token, page), "INVALID_ARGUMENT page_token_invalid (page_token)");
  EXPECT_EQ(Export(ada_, "guessed", page), "INVALID_ARGUMENT page_token_invalid (page_token)");
  EXPECT_EQ(Export(ada_ + 1, "", page), "UNAUTHENTICATED account_gone");
}

}  // namespace
}  // namespace marquee::auth
