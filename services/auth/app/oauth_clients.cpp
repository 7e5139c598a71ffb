#include "auth/app/oauth_clients.h"

#include <absl/strings/escaping.h>

#include "auth/app/secrets.h"
#include "base/digest.h"
#include "base/percent.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

// Never a number, nor "service:…": what tokens call people and services.
std::string NewClientId() {
  return "app-" + RandomLetters("abcdefghijklmnopqrstuvwxyz0123456789", 20);
}

Error InvalidClient() {
  return Error::Unauthenticated("invalid_client",
                                "The client isn't known, or its secret is wrong.");
}

// What a form says beside what the header says must be the same, and no second secret.
Result<ClientCredentials> ReadBasic(const ClientCredentials& given) {
  constexpr std::string_view kScheme = "basic ";
  if (AsciiLower(given.authorization.substr(0, kScheme.size())) != kScheme) return InvalidClient();
  const std::string encoded(Trimmed(std::string_view(given.authorization).substr(kScheme.size())));
  std::string pair;
  if (!absl::Base64Unescape(encoded, &pair)) return InvalidClient();
  const auto colon = pair.find(':');
  if (colon == pair.npos) return InvalidClient();
  auto id = PercentDecode(std::string_view(pair).substr(0, colon), true);
  auto secret = PercentDecode(std::string_view(pair).substr(colon + 1), true);
  if (!id.ok() || !secret.ok()) return InvalidClient();
  if (!given.client_secret.empty() || (!given.client_id.empty() && given.client_id != *id))
    return OAuthError("invalid_request", "The client says who it is in two ways.");
  return ClientCredentials{{}, *std::move(id), *std::move(secret)};
}

}  // namespace

Result<NewClient> OAuthClients::Register(std::int64_t owner, const ClientRegistration& registration,
                                         const CallContext& call) {
  OAuthClient client;
  client.owner = owner;
  ASSIGN_OR_RETURN(client.name, MakeClientName(registration.name));
  ASSIGN_OR_RETURN(client.redirect_uris, ParseRedirectUris(registration.redirect_uris));
  ASSIGN_OR_RETURN(client.scopes, ParseClientScopes(registration.scopes));
  ASSIGN_OR_RETURN(client.grant_types, ParseGrantTypes(registration.grant_types));
  RETURN_IF_ERROR(CheckClient(client, registration.confidential));
  client.id = NewClientId();
  client.created_at = clock_.Now();
  std::string secret;
  if (registration.confidential) {
    secret = NewOpaqueToken();
    client.secret_hash = Sha256(secret);
  }
  ASSIGN_OR_RETURN(OAuthClient added, clients_.Add(client, kMostOAuthClients, call));
  return NewClient{std::move(added), std::move(secret)};
}

Result<ClientPage> OAuthClients::List(std::int64_t after, int page_size, const CallContext& call) {
  constexpr int kDefaultPage = 50;
  const int limit = page_size > 0 ? page_size : kDefaultPage;
  ASSIGN_OR_RETURN(auto clients, clients_.List(after, limit + 1, call));
  ClientPage page{std::move(clients)};
  if (static_cast<int>(page.clients.size()) > limit) {
    page.clients.pop_back();
    page.next = page.clients.back().number;
  }
  return page;
}

Result<OAuthClient> OAuthClients::Find(const std::string& id, const CallContext& call) {
  return clients_.Find(id, call);
}

Result<OAuthClient> OAuthClients::Update(const std::string& id, const ClientUpdate& update,
                                         const CallContext& call) {
  ASSIGN_OR_RETURN(OAuthClient client, clients_.Find(id, call));
  if (update.name) {
    ASSIGN_OR_RETURN(client.name, MakeClientName(*update.name));
  }
  if (!update.redirect_uris.empty()) {
    ASSIGN_OR_RETURN(client.redirect_uris, ParseRedirectUris(update.redirect_uris));
  }
  if (!update.scopes.empty()) {
    ASSIGN_OR_RETURN(client.scopes, ParseClientScopes(update.scopes));
  }
  if (!update.grant_types.empty()) {
    ASSIGN_OR_RETURN(client.grant_types, ParseGrantTypes(update.grant_types));
  }
  RETURN_IF_ERROR(CheckClient(client, client.confidential()));
  RETURN_IF_ERROR(clients_.Change(client, call));
  return client;
}

Result<NewClient> OAuthClients::RotateSecret(const std::string& id, const CallContext& call) {
  ASSIGN_OR_RETURN(OAuthClient client, clients_.Find(id, call));
  if (!client.confidential()) {
    return Error::FailedPrecondition("client_is_public",
                                     "This application is a public one, without a secret.");
  }
  std::string secret = NewOpaqueToken();
  client.secret_hash = Sha256(secret);
  RETURN_IF_ERROR(clients_.Change(client, call));
  return NewClient{std::move(client), std::move(secret)};
}

Status OAuthClients::Remove(const std::string& id, const CallContext& call) {
  return clients_.Remove(id, call);
}

Result<OAuthClient> OAuthClients::Authenticate(const ClientCredentials& credentials,
                                               const CallContext& call) {
  ClientCredentials said = credentials;
  if (!credentials.authorization.empty()) {
    ASSIGN_OR_RETURN(said, ReadBasic(credentials));
  }
  const auto client = clients_.Find(said.client_id, call);
  if (!client.ok())
    return client.error().code == Code::kNotFound ? InvalidClient() : client.error();
  const bool right = client->confidential()
                         ? SecretsEqual(Sha256(said.client_secret), client->secret_hash)
                         : said.client_secret.empty();
  if (!right) return InvalidClient();
  return *client;
}

}  // namespace marquee::auth
