// marquee.auth.v1.ErasureService: converts, calls, converts.
#pragma once

#include "auth/app/erasures.h"
#include "marquee/auth/v1/erasure.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::auth {

class ErasureHandler final : public rpc::Service<v1::ErasureService> {
 public:
  explicit ErasureHandler(Erasures& erasures);

  Result<v1::GetErasureResponse> GetErasure(const rpc::Call& call,
                                            const v1::GetErasureRequest& request);
  Result<v1::ListErasuresResponse> ListErasures(const rpc::Call& call,
                                                const v1::ListErasuresRequest& request);
  Result<v1::DeleteUserResponse> DeleteUser(const rpc::Call& call,
                                            const v1::DeleteUserRequest& request);
  Result<v1::RepeatErasuresResponse> RepeatErasures(const rpc::Call& call,
                                                    const v1::RepeatErasuresRequest& request);

 private:
  Erasures& erasures_;
};

}  // namespace marquee::auth
