// The audit log over real gRPC, on stores in memory: its own rpc is audited, too.
#include "auth/rpc/audit_handler.h"

#include <gtest/gtest.h>

#include <limits>

#include "auth/testing/memory_audit.h"
#include "auth/testing/memory_store.h"
#include "base/testing/calls.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"

namespace marquee::auth {
namespace {

using Stub = v1::AuditService::Stub;

class AuditHandlerTest : public testing::Test {
 protected:
  AuditHandlerTest() {
    ada_ = store_
               .Create({*Email::Make("ada@example.com"),
                        "$argon2id$x",
                        "",
                        {Role::kUser},
                        SystemClock().Now()},
                       kNoDeadline)
               ->user_id;
    stub_ = v1::AuditService::NewStub(rpc::MakeChannel(server_.address()));
  }

  std::string Token(const std::string& role, std::int64_t user_id) const {
    const Time now = SystemClock().Now();
    return key_.Sign({.subject = std::to_string(user_id),
                      .user_id = user_id,
                      .roles = {role},
                      .session_id = "s",
                      .token_id = "t",
                      .issued_at = now,
                      .expires_at = now + std::chrono::minutes{15}},
                     {});
  }
  std::string List(const v1::ListAuditEntriesRequest& request, const std::string& bearer,
                   const std::string& address = "") {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    if (!address.empty()) context.AddMetadata(rpc::kClientAddressKey, address);
    return rpc::Said(stub_->ListAuditEntries(&context, request, &listed_));
  }
  std::vector<AuditEntry> All() {
    return *log_.List({}, std::numeric_limits<std::int64_t>::max(), 1'000, kNoDeadline);
  }
  double Counted(const std::string& name) {
    const std::string text = metrics_.Text();
    const auto at = text.find("\n" + name + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  static AuditEntry Refused(const std::string& address) {
    return {.action = "login", .code = "UNAUTHENTICATED", .address = address};
  }

  MemoryStore store_;
  MemoryAudit log_;
  metrics::Metrics metrics_;
  ManualClock clock_;
  Audit audit_{log_, store_, clock_, std::chrono::hours{24}, metrics_};
  AuditHandler handler_{audit_};
  const token::SigningKey key_ = token::SigningKey::Generate();
  token::Verifier verifier_{
      {},
      [this]() -> Result<std::vector<token::PublicKey>> { return std::vector{key_.public_key()}; },
      SystemClock()};
  rpc::TestServer server_{{&handler_}, verifier_, metrics_, {.audit = AuditInto(audit_)}};
  std::unique_ptr<Stub> stub_;
  v1::ListAuditEntriesResponse listed_;
  std::int64_t ada_ = 0;
};

TEST_F(AuditHandlerTest, EntersEachCallWithItsOutcomeAndWhereItCameFrom) {
  v1::ListAuditEntriesRequest about_ada;
  about_ada.set_user_id(ada_);
  EXPECT_NE(List(about_ada, "", "192.0.2.7"), "OK");
  EXPECT_NE(List(about_ada, Token("user", 5)), "OK");
  EXPECT_EQ(List(about_ada, Token("administrator", 6), "2001:db8::7"), "OK");
  ASSERT_EQ(listed_.entries_size(), 2) << "its own comes after it";
  EXPECT_EQ(listed_.entries(0).reason(), "not_allowed");
  EXPECT_EQ(listed_.entries(0).actor(), "5");
  EXPECT_EQ(listed_.entries(1).reason(), "token_missing");

  const auto entries = All();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].action, "audit.read");
  EXPECT_EQ(entries[0].code, "OK");
  EXPECT_EQ(entries[0].reason, "");
  EXPECT_EQ(entries[0].actor, "6");
  EXPECT_EQ(entries[0].about_user_id, ada_);
  EXPECT_EQ(entries[0].address, "2001:db8::7");
  EXPECT_EQ(entries[0].at, clock_.Now());
  EXPECT_EQ(entries[0].trace_id.size(), 32U);
  EXPECT_EQ(entries[1].code, "PERMISSION_DENIED");
  EXPECT_EQ(entries[2].code, "UNAUTHENTICATED");
  EXPECT_EQ(entries[2].actor, "");
  EXPECT_EQ(entries[2].address, "192.0.2.7");
}

TEST_F(AuditHandlerTest, PagesFromTheYoungestOn) {
  for (int i = 0; i < 5; ++i) audit_.Enter({.action = "login", .code = "OK"}, "", kNoDeadline);
  v1::ListAuditEntriesRequest request;
  request.set_action("login");
  request.set_page_size(3);
  const std::string bearer = Token("administrator", 6);
  ASSERT_EQ(List(request, bearer), "OK");
  ASSERT_EQ(listed_.entries_size(), 3);
  EXPECT_EQ(listed_.entries(0).entry_number(), 5);
  request.set_page_token(listed_.next_page_token());
  ASSERT_EQ(List(request, bearer), "OK");
  ASSERT_EQ(listed_.entries_size(), 2);
  EXPECT_EQ(listed_.entries(1).entry_number(), 1);
  EXPECT_EQ(listed_.next_page_token(), "");
  request.set_action("logout");
  EXPECT_NE(List(request, bearer), "OK") << "a token is of one filter";
}

TEST_F(AuditHandlerTest, SaysWhoseAccountItIs) {
  audit_.Enter({.action = "a"}, std::to_string(ada_), kNoDeadline);
  audit_.Enter({.action = "a"}, "ADA@example.com", kNoDeadline);
  audit_.Enter({.action = "a", .actor = std::to_string(ada_)}, "", kNoDeadline);
  audit_.Enter({.action = "a"}, "stranger@example.com", kNoDeadline);
  audit_.Enter({.action = "a", .actor = "service:gateway"}, "", kNoDeadline);
  audit_.Enter({.action = "a"}, "nonsense", kNoDeadline);
  std::vector<std::int64_t> about;
  for (const auto& entry : All()) about.push_back(entry.about_user_id);
  EXPECT_EQ(about, (std::vector<std::int64_t>{0, 0, 0, ada_, ada_, ada_}));
}

TEST_F(AuditHandlerTest, CountsWhatIsTooMuchAndWhatIsLost) {
  for (int i = 0; i < 100; ++i) audit_.Enter(Refused("192.0.2.7"), "", kNoDeadline);
  const auto flooded = All().size();
  EXPECT_GE(flooded, 60U);
  EXPECT_LT(flooded, 100U);
  EXPECT_EQ(Counted("marquee_auth_audit_suppressed_total"), 100 - static_cast<double>(flooded));
  audit_.Enter(Refused("192.0.2.8"), "", kNoDeadline);
  audit_.Enter({.action = "login", .code = "OK", .address = "192.0.2.7"}, "", kNoDeadline);
  EXPECT_EQ(All().size(), flooded + 2) << "others, and what succeeds, are always entered";
  log_.Fail(true);
  audit_.Enter(Refused("192.0.2.9"), "", kNoDeadline);
  EXPECT_EQ(Counted("marquee_auth_audit_lost_total"), 1);
}

TEST_F(AuditHandlerTest, ForgetsWhatIsOld) {
  audit_.Enter({.action = "old"}, "", kNoDeadline);
  clock_.Advance(std::chrono::hours{25});
  audit_.Enter({.action = "new"}, "", kNoDeadline);
  ASSERT_TRUE(audit_.Forget(kNoDeadline).ok());
  ASSERT_EQ(All().size(), 1U);
  EXPECT_EQ(All()[0].action, "new");
}

}  // namespace
}  // namespace marquee::auth
