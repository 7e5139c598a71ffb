// marquee.auth.v1.IdentityService: converts, calls, converts.
#pragma once

#include "auth/app/federation.h"
#include "auth/app/oauth.h"
#include "auth/rpc/page.h"
#include "marquee/auth/v1/identity.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::auth {

class IdentityHandler final : public rpc::Service<v1::IdentityService> {
 public:
  IdentityHandler(Federation& federation, OAuth& oauth);

  Result<v1::VisitProviderResponse> VisitProvider(const rpc::Call& call,
                                                  const v1::VisitProviderRequest& request);
  Result<v1::ReturnFromProviderResponse> ReturnFromProvider(
      const rpc::Call& call, const v1::ReturnFromProviderRequest& request);
  Result<v1::FinishProviderSignInResponse> FinishProviderSignIn(
      const rpc::Call& call, const v1::FinishProviderSignInRequest& request);
  Result<v1::LinkIdentityResponse> LinkIdentity(const rpc::Call& call,
                                                const v1::LinkIdentityRequest& request);
  Result<v1::OpenIdentitiesPageResponse> OpenIdentitiesPage(
      const rpc::Call& call, const v1::OpenIdentitiesPageRequest& request);
  Result<v1::UnlinkIdentityResponse> UnlinkIdentity(const rpc::Call& call,
                                                    const v1::UnlinkIdentityRequest& request);
  Result<v1::OpenPasswordPageResponse> OpenPasswordPage(const rpc::Call& call,
                                                        const v1::OpenPasswordPageRequest& request);
  Result<v1::SetFirstPasswordResponse> SetFirstPassword(const rpc::Call& call,
                                                        const v1::SetFirstPasswordRequest& request);
  Result<v1::ListIdentitiesResponse> ListIdentities(const rpc::Call& call,
                                                    const v1::ListIdentitiesRequest& request);
  Result<v1::RemoveIdentityResponse> RemoveIdentity(const rpc::Call& call,
                                                    const v1::RemoveIdentityRequest& request);

 private:
  Result<ProviderVisit> VisitOf(const v1::VisitProviderRequest& request, const rpc::Call& call);
  // Goes on, or asks; notes who it is about.
  PageAnswer Show(const ProviderStep& step, const std::string& browser,
                  const rpc::Call& call) const;
  // A page that says why not, with a link to `return_to`, if there is one; notes it, and whom it is
  // about. The error itself where it is nobody's business who looks at the page.
  Result<PageAnswer> Refuse(const Error& error, const std::string& return_to, const rpc::Call& call,
                            const std::string& about = {}) const;
  // Who is signed in with this browser and sent our form. PermissionDenied "form_expired".
  template <typename Request>
  Result<Person> SenderOf(const Request& request, const rpc::Call& call);
  // A form's step, and what comes of it by `advance`; the same page again where that fails.
  template <typename Request, typename Advance>
  Result<PageAnswer> Submit(const Request& request, const rpc::Call& call, Advance advance);

  Federation& federation_;
  OAuth& oauth_;
};

}  // namespace marquee::auth
