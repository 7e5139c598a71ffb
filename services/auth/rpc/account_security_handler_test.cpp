// The service over real gRPC, on stores in memory.
#include "auth/rpc/account_security_handler.h"

#include <gtest/gtest.h>

#include "auth/app/accounts.h"
#include "auth/app/api_keys.h"
#include "auth/app/one_time_codes.h"
#include "auth/app/secrets.h"
#include "auth/rpc/caller_check.h"
#include "auth/testing/fakes.h"
#include "auth/testing/memory_api_keys.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_mails.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"
#include "base/digest.h"
#include "base/testing/calls.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"

namespace marquee::auth {
namespace {

constexpr char kPassword[] = "correct horse battery";

using Stub = v1::AccountSecurityService::Stub;

class AccountSecurityHandlerTest : public testing::Test {
 protected:
  AccountSecurityHandlerTest() {
    EXPECT_TRUE(keys_.Refresh(kNoDeadline).ok());
    stub_ = v1::AccountSecurityService::NewStub(rpc::MakeChannel(server_.address()));
  }

  // As rpc::Said.
  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub_.get()->*method)(&context, request, &response));
  }
  SignedIn SignUp(const std::string& email) {
    auto signed_in = accounts_.Register({email, kPassword, ""}, kNoDeadline);
    EXPECT_TRUE(signed_in.ok());
    return *std::move(signed_in);
  }
  // A link that went to them, and its token.
  std::string Link(const SignedIn& person, LinkPurpose purpose) {
    const std::string token = NewOpaqueToken();
    EXPECT_TRUE(mails_
                    .Issue({person.account.user_id, purpose, *Email::Make(person.account.email),
                            clock_.Now() + std::chrono::hours{1}},
                           Sha256(token), clock_.Now(), kNoDeadline)
                    .ok());
    return token;
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  PlainSealer sealer_;
  FakeHasher hasher_;
  KeyRing keys_{store_, sealer_, clock_, {}};
  Sessions sessions_{store_, keys_, clock_, metrics_, "the successors' key"};
  MemoryGuesses guesses_;
  GuessGuard guard_{guesses_, store_, clock_, metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  MemorySecondFactors factor_store_{store_};
  SecondFactors second_factors_{factor_store_, passwords_, guard_,          sessions_,
                                sealer_,       clock_,     "the codes' key"};
  Accounts accounts_{store_, passwords_, second_factors_, sessions_, clock_, metrics_};
  MemoryMails mails_{store_};
  AccountMail mail_{mails_, store_, passwords_, guard_, clock_, true};
  MemoryApiKeys api_key_store_{store_};
  ApiKeys api_keys_{api_key_store_, keys_, clock_};
  AccountSecurityHandler handler_{second_factors_, mail_};
  token::Verifier verifier_{{}, [this] { return keys_.PublicKeys(); }, clock_};
  rpc::TestServer server_{
      {&handler_},
      verifier_,
      registry_,
      {.check = CheckAgainst(sessions_, api_keys_), .audit = [](const auto&) {}}};
  std::unique_ptr<Stub> stub_;
};

TEST_F(AccountSecurityHandlerTest, TurnsASecondFactorOnAndOff) {
  const SignedIn ada = SignUp("ada@example.com");
  v1::StartTotpRequest start;
  v1::StartTotpResponse setup;
  start.set_password(kPassword);
  EXPECT_NE(Call(&Stub::StartTotp, start, setup), "OK") << "nobody's";
  ASSERT_EQ(Call(&Stub::StartTotp, start, setup, ada.access_token), "OK");
  EXPECT_TRUE(setup.otpauth_uri().starts_with("otpauth://totp/Marquee:ada%40example.com?"));
  const auto secret =
      factor_store_.Find(ada.account.user_id, kNoDeadline)->value().sealed.substr(7);
  EXPECT_EQ(setup.secret(), Base32Encode(secret));

  v1::ConfirmTotpRequest confirm;
  v1::ConfirmTotpResponse codes;
  confirm.set_code(HotpCode(secret, TotpStep(clock_.Now()), 6));
  ASSERT_EQ(Call(&Stub::ConfirmTotp, confirm, codes, ada.access_token), "OK");
  EXPECT_EQ(codes.recovery_codes_size(), kRecoveryCodes);

  v1::RemoveTotpRequest remove;
  v1::RemoveTotpResponse removed;
  remove.set_password(kPassword);
  remove.set_code(codes.recovery_codes(0));
  EXPECT_EQ(Call(&Stub::RemoveTotp, remove, removed, ada.access_token), "OK");
  EXPECT_FALSE(store_.Find(ada.account.user_id, kNoDeadline)->second_factor);
}

TEST_F(AccountSecurityHandlerTest, OnlyAdministratorsTakeOneFromOthers) {
  const SignedIn ada = SignUp("ada@example.com");
  v1::RemoveUserTotpRequest request;
  v1::RemoveUserTotpResponse response;
  request.set_user_id(ada.account.user_id);
  const auto refused = Call(&Stub::RemoveUserTotp, request, response, ada.access_token);
  EXPECT_NE(refused.find("PERMISSION_DENIED"), std::string::npos) << refused;
  ASSERT_TRUE(
      store_.SetRoles(ada.account.user_id, {Role::kUser, Role::kAdministrator}, kNoDeadline).ok());
  const auto none = Call(&Stub::RemoveUserTotp, request, response, ada.access_token);
  EXPECT_NE(none.find("second_factor_unknown"), std::string::npos) << none;
}

TEST_F(AccountSecurityHandlerTest, TakesRequestsAndLinksFromAnybody) {
  const SignedIn ada = SignUp("ada@example.com");
  v1::RequestPasswordResetRequest ask;
  v1::RequestPasswordResetResponse asked;
  ask.set_email("ada@example.com");
  EXPECT_EQ(Call(&Stub::RequestPasswordReset, ask, asked), "OK");
  v1::RequestEmailVerificationRequest verify;
  v1::RequestEmailVerificationResponse sent;
  EXPECT_EQ(Call(&Stub::RequestEmailVerification, verify, sent, ada.access_token), "OK");
  EXPECT_EQ(mails_.waiting(), 2U);

  v1::ConfirmEmailVerificationRequest came;
  v1::ConfirmEmailVerificationResponse verified;
  came.set_token(Link(ada, LinkPurpose::kVerifyEmail));
  EXPECT_EQ(Call(&Stub::ConfirmEmailVerification, came, verified), "OK");
  EXPECT_TRUE(store_.Find(ada.account.user_id, kNoDeadline)->email_verified);

  v1::ConfirmPasswordResetRequest choose;
  v1::ConfirmPasswordResetResponse chosen;
  choose.set_token(Link(ada, LinkPurpose::kResetPassword));
  choose.set_new_password("a fine new phrase");
  EXPECT_EQ(Call(&Stub::ConfirmPasswordReset, choose, chosen), "OK");
  EXPECT_FALSE(accounts_.Login({"ada@example.com", kPassword}, kNoDeadline).ok());
  EXPECT_TRUE(accounts_.Login({"ada@example.com", "a fine new phrase"}, kNoDeadline).ok());
}

TEST_F(AccountSecurityHandlerTest, SaysWhenToComeAgain) {
  v1::RequestPasswordResetRequest ask;
  v1::RequestPasswordResetResponse asked;
  ask.set_email("nobody@example.com");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Call(&Stub::RequestPasswordReset, ask, asked), "OK");
  grpc::ClientContext context;
  rpc::ActAsService(context, "", std::chrono::seconds{10});
  const Error refused = rpc::FromGrpc(stub_->RequestPasswordReset(&context, ask, &asked));
  EXPECT_EQ(refused.reason, "login_backoff");
  EXPECT_EQ(refused.retry_after, std::chrono::seconds{1});
}

}  // namespace
}  // namespace marquee::auth
