// marquee.auth.v1.AuditService: converts, calls, converts. And what enters each call in the log.
#pragma once

#include "auth/app/audit.h"
#include "marquee/auth/v1/audit.grpc.pb.h"
#include "rpc/call.h"
#include "rpc/service.h"

namespace marquee::auth {

class AuditHandler final : public rpc::Service<v1::AuditService> {
 public:
  explicit AuditHandler(Audit& audit);

  Result<v1::ListAuditEntriesResponse> ListAuditEntries(const rpc::Call& call,
                                                        const v1::ListAuditEntriesRequest& request);

 private:
  Audit& audit_;
};

// `audit` must outlive it.
rpc::AuditSink AuditInto(Audit& audit);

}  // namespace marquee::auth
