// OAuth 2's clients, over REST.
#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

constexpr char kClients[] = "/v1/oauth-clients";

std::string PathOf(const std::string& id) {
  return std::string(kClients) + "/" + PercentEncode(id);
}

std::string Joined(const json& client, const char* list) {
  std::string text;
  for (const auto& item : client.value(list, json::array()))
    text += (text.empty() ? "" : " ") + item.get<std::string>();
  return text;
}

std::string ClientsTable(const json& clients) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& client : clients) {
    rows.push_back({Text(client, "client_id"), Text(client, "name"),
                    client.value("confidential", false) ? "confidential" : "public",
                    Joined(client, "grant_types"), Joined(client, "scopes"),
                    Joined(client, "redirect_uris")});
  }
  return ctl::Table({"client", "name", "kind", "grants", "scopes", "redirect URIs"}, rows, 60);
}

int ShowOne(const Context& context, const json& client) {
  return Show(context, client, ClientsTable(json::array({client})));
}

// The secret is printed this once; nothing else goes to standard output, so that it can be piped.
int ShowNew(const Context& context, const json& answer) {
  const std::string secret = Text(answer, "client_secret");
  if (!context.json) {
    std::fprintf(stderr, "%s",
                 ClientsTable(json::array({answer.value("client", json::object())})).c_str());
    if (!secret.empty()) std::fputs("\nThe secret, shown this once:\n", stderr);
  }
  return Show(context, answer, secret.empty() ? secret : secret + "\n");
}

}  // namespace

int CreateClient(const Context& context, const ClientFlags& flags) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", kClients,
                                {{"name", flags.name},
                                 {"confidential", flags.confidential},
                                 {"redirect_uris", flags.redirect_uris},
                                 {"scopes", flags.scopes},
                                 {"grant_types", flags.grant_types}});
  if (!answer.ok()) return Fail(context, answer.error());
  return ShowNew(context, *answer);
}

int ListClients(const Context& context) {
  auto rest = Rest(context);
  const auto clients = rest.GetAll(kClients, "clients");
  if (!clients.ok()) return Fail(context, clients.error());
  return Show(context, json{{"clients", *clients}}, ClientsTable(*clients));
}

int ShowClient(const Context& context, const std::string& id) {
  auto rest = Rest(context);
  const auto client = rest.Get(PathOf(id));
  if (!client.ok()) return Fail(context, client.error());
  return ShowOne(context, *client);
}

int UpdateClient(const Context& context, const ClientFlags& flags) {
  auto rest = Rest(context);
  json body = json::object();
  if (!flags.name.empty()) body["name"] = flags.name;
  if (!flags.redirect_uris.empty()) body["redirect_uris"] = flags.redirect_uris;
  if (!flags.scopes.empty()) body["scopes"] = flags.scopes;
  if (!flags.grant_types.empty()) body["grant_types"] = flags.grant_types;
  const auto client = rest.Send("PATCH", PathOf(flags.id), body);
  if (!client.ok()) return Fail(context, client.error());
  return ShowOne(context, *client);
}

int RotateClientSecret(const Context& context, const std::string& id) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", PathOf(id) + ":rotateSecret", json::object());
  if (!answer.ok()) return Fail(context, answer.error());
  return ShowNew(context, *answer);
}

int DeleteClient(const Context& context, const std::string& id) {
  auto rest = Rest(context);
  const auto answer = rest.Delete(PathOf(id));
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, json::object(), "Removed, with all that people had let it do.\n");
}

}  // namespace marquee::ctl
