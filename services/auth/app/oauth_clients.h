// Applications: registered by administrators, and who they are when they ask for tokens.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/domain/oauth_repository.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

struct ClientRegistration {
  std::string name;
  bool confidential = false;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> scopes;
  std::vector<std::string> grant_types;
};

// What is left out, or empty, stays.
struct ClientUpdate {
  std::optional<std::string> name;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> scopes;
  std::vector<std::string> grant_types;
};

// A client as whoever registers it sees it once.
struct NewClient {
  OAuthClient client;
  std::string secret;  // empty: a public client
};

struct ClientPage {
  std::vector<OAuthClient> clients;
  std::int64_t next = 0;  // the last number when more follow, else 0
};

// How a client says who it is (RFC 6749, section 2.3.1).
struct ClientCredentials {
  std::string authorization;  // the header; empty: none
  std::string client_id;      // these of the form
  std::string client_secret;
};

class OAuthClients {
 public:
  OAuthClients(OAuthClientRepository& clients, const Clock& clock)
      : clients_(clients), clock_(clock) {}

  // InvalidArgument of the domain's rules; FailedPrecondition "oauth_clients_too_many".
  Result<NewClient> Register(std::int64_t owner, const ClientRegistration& registration,
                             const CallContext& call);
  Result<ClientPage> List(std::int64_t after, int page_size, const CallContext& call);
  // These: NotFound "oauth_client_unknown".
  Result<OAuthClient> Find(const std::string& id, const CallContext& call);
  Result<OAuthClient> Update(const std::string& id, const ClientUpdate& update,
                             const CallContext& call);
  // FailedPrecondition "client_is_public".
  Result<NewClient> RotateSecret(const std::string& id, const CallContext& call);
  Status Remove(const std::string& id, const CallContext& call);

  // Unauthenticated "invalid_client"; InvalidArgument "invalid_request" for who says it twice.
  Result<OAuthClient> Authenticate(const ClientCredentials& credentials, const CallContext& call);

 private:
  OAuthClientRepository& clients_;
  const Clock& clock_;
};

}  // namespace marquee::auth
