// marquee.auth.v1.ExportService: converts, calls, converts.
#pragma once

#include <string>

#include "auth/app/accounts.h"
#include "auth/app/api_keys.h"
#include "auth/app/audit.h"
#include "auth/app/sessions.h"
#include "auth/domain/oauth_repository.h"
#include "marquee/auth/v1/export.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::auth {

class ExportHandler final : public rpc::Service<v1::ExportService> {
 public:
  // `then`: where the export goes on after this service's part; may be empty.
  ExportHandler(Accounts& accounts, Sessions& sessions, ApiKeys& api_keys,
                OAuthClientRepository& clients, OAuthRepository& oauth, Audit& audit,
                std::string then);

  Result<v1::ExportAccountResponse> ExportAccount(const rpc::Call& call,
                                                  const v1::ExportAccountRequest& request);

 private:
  // These add a page of lines and say the last one's id, when more follow.
  Result<std::string> AddSessions(const Person& person, const std::string& after,
                                  const CallContext& call, v1::ExportAccountResponse& out);
  Result<std::string> AddApiKeys(const Person& person, const std::string& after,
                                 const CallContext& call, v1::ExportAccountResponse& out);
  Result<std::string> AddApplications(const Person& person, const std::string& after,
                                      const CallContext& call, v1::ExportAccountResponse& out);
  Result<std::string> AddAuditEntries(const Person& person, const std::string& after,
                                      const CallContext& call, v1::ExportAccountResponse& out);

  Accounts& accounts_;
  Sessions& sessions_;
  ApiKeys& api_keys_;
  OAuthClientRepository& clients_;
  OAuthRepository& oauth_;
  Audit& audit_;
  const std::string then_;
};

}  // namespace marquee::auth
