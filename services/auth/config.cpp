#include "auth/config.h"

#include <algorithm>
#include <sstream>

namespace marquee::auth {
namespace {

void RequireLength(config::Reader& reader, const std::string& name, const std::string& secret,
                   std::size_t least) {
  if (!secret.empty() && secret.size() < least) {
    reader.Problem(name, "must have at least " + std::to_string(least) +
                             " characters, chosen at random (openssl rand -hex 24)");
  }
}

// RFC 8414, section 2; without a path, so that /.well-known/ is at the root.
bool IsIssuer(std::string_view text) {
  if (text.empty()) return true;
  const auto rest = text.starts_with("https://")  ? text.substr(8)
                    : text.starts_with("http://") ? text.substr(7)
                                                  : std::string_view();
  return !rest.empty() && std::ranges::all_of(rest, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-.:[]").find(c) != std::string_view::npos;
  });
}

bool IsHttpUrl(const std::string& text) {
  const bool http = text.starts_with("https://") || text.starts_with("http://");
  return http && text.size() <= 500 && !text.ends_with('/') &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

std::optional<MailConfig> ReadMail(config::Reader& reader) {
  const char* kUrl = "MARQUEE_AUTH_SMTP_URL";
  const char* kFrom = "MARQUEE_AUTH_MAIL_FROM";
  const char* kLinks = "MARQUEE_AUTH_MAIL_LINK_URL";
  const std::string url = reader.String(
      kUrl, "", "the mail server, smtp://host:587 or smtps://host:465; unset: no mail is sent");
  const std::string tls = reader.String("MARQUEE_AUTH_SMTP_TLS", "required",
                                        "required, or none: mail and password go in clear");
  const std::string ca = reader.String("MARQUEE_AUTH_SMTP_CA", "",
                                       "a file of certificates (PEM) to know the server by; unset: "
                                       "the system's");
  const std::string username =
      reader.String("MARQUEE_AUTH_SMTP_USERNAME", "", "as whom to sign in there; unset: nobody");
  std::string password = reader.Secret("MARQUEE_AUTH_SMTP_PASSWORD", "", "that user's password");
  const std::string from = reader.String(kFrom, "", "the address that mail comes from");
  const std::string link_base =
      reader.String(kLinks, "", "what links in mail begin with, as in https://marquee.example");
  if (url.empty()) return std::nullopt;
  if (!url.starts_with("smtp://") && !url.starts_with("smtps://"))
    reader.Problem(kUrl, "must begin with smtp:// or smtps://");
  if (url.find('@') != url.npos)
    reader.Problem(kUrl, "has no user in it: see MARQUEE_AUTH_SMTP_USERNAME");
  if (tls != "required" && tls != "none")
    reader.Problem("MARQUEE_AUTH_SMTP_TLS", "is required or none");
  if (tls == "none" && url.starts_with("smtps://"))
    reader.Problem("MARQUEE_AUTH_SMTP_TLS", "none is for smtp:// alone");
  if (tls == "none" && !password.empty())
    reader.Problem("MARQUEE_AUTH_SMTP_PASSWORD", "isn't sent without TLS");
  if (username.empty() != password.empty())
    reader.Problem("MARQUEE_AUTH_SMTP_USERNAME", "needs its password, and that needs it");
  auto sender = Email::Make(from);
  if (!sender.ok()) reader.Problem(kFrom, "must be an e-mail address where there is a mail server");
  if (!IsHttpUrl(link_base)) {
    reader.Problem(kLinks, "must be a URL without a slash at its end where there is a mail server");
  }
  if (!sender.ok()) return std::nullopt;
  return MailConfig{{url, tls != "none", ca, username, std::move(password), *std::move(sender)},
                    link_base};
}

void ReadProviders(config::Reader& reader, Config& config) {
  const char* kProviders = "MARQUEE_AUTH_PROVIDERS";
  const char* kSecrets = "MARQUEE_AUTH_PROVIDER_SECRETS";
  auto providers = ParseProviders(reader.String(
      kProviders, "",
      "OpenID providers that people may sign in with, as a JSON array of {\"id\", \"name\", "
      "\"issuer\", \"client_id\", \"scope\"}, of which only the last may be left out"));
  const auto secrets = ParseServiceSecrets(
      reader.Secret(kSecrets, "", "lines id:secret, the client secret of each provider"));
  config.providers_ca = reader.String("MARQUEE_AUTH_PROVIDERS_CA", "",
                                      "a file of certificates (PEM) to know the providers by; "
                                      "unset: the system's");
  if (!providers.ok()) return reader.Problem(kProviders, providers.error().message);
  if (!secrets.ok()) return reader.Problem(kSecrets, secrets.error().message);
  const Status given = GiveSecrets(*providers, *secrets);
  if (!given.ok()) return reader.Problem(kSecrets, given.error().message);
  if (!providers->empty() && config.issuer.empty())
    return reader.Problem(kProviders, "needs MARQUEE_AUTH_ISSUER: they send people back there");
  config.providers = *std::move(providers);
}

std::vector<std::string> ParseNames(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream parts(text);
  for (std::string name; std::getline(parts, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:9000", "0.0.0.0:9100");
  config.database.application_name = "marquee-auth";
  config.database.uri = reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "auth's database");
  config.database.max_connections = static_cast<int>(
      reader.Int("MARQUEE_POSTGRES_MAX_CONNECTIONS", 8, 2, 200, "connections at most"));
  config.outbox_database = config.database;
  config.outbox_database.application_name = "marquee-auth-outbox";
  config.outbox_database.max_connections = 1;
  config.export_next = reader.String("MARQUEE_EXPORT_NEXT", "",
                                     "the route at which a person's export goes on after this "
                                     "service's part; none when empty");
  config.erasing.database = config.database;
  config.erasing.database.application_name = "marquee-auth-erasures";
  config.erasing.database.max_connections = 3;
  config.erasing.services =
      ParseNames(reader.String("MARQUEE_AUTH_ERASURE_SERVICES", std::nullopt,
                               "who has to confirm that a person was erased, comma-separated"));
  config.kafka.cluster = kafka::ClusterConfig::Read(reader, "marquee-auth");
  config.kafka.delivery_timeout = std::chrono::seconds{5};  // a stop waits for it

  config.key_encryption_secret =
      reader.Secret("MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", std::nullopt,
                    "encrypts the signing keys in the database; the same for all replicas");
  RequireLength(reader, "MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", config.key_encryption_secret, 32);
  config.bootstrap_secret = reader.Secret("MARQUEE_AUTH_BOOTSTRAP_SECRET", "",
                                          "makes the first administrator, once; unset: nobody can");
  RequireLength(reader, "MARQUEE_AUTH_BOOTSTRAP_SECRET", config.bootstrap_secret, 16);
  auto secrets = ParseServiceSecrets(reader.Secret("MARQUEE_AUTH_SERVICE_SECRETS", "",
                                                   "lines name:secret, for services' own tokens"));
  if (secrets.ok()) {
    config.service_secrets = *std::move(secrets);
  } else {
    reader.Problem("MARQUEE_AUTH_SERVICE_SECRETS", secrets.error().message);
  }

  config.issuer =
      reader.String("MARQUEE_AUTH_ISSUER", "",
                    "Marquee's address as browsers know it, as in "
                    "https://marquee.example.com: the issuer of OAuth 2; unset: OAuth 2 "
                    "is off");
  if (!IsIssuer(config.issuer)) {
    reader.Problem("MARQUEE_AUTH_ISSUER",
                   "must be https:// (http:// for trying out) and a host, perhaps with a port, and "
                   "nothing after it");
  }

  ReadProviders(reader, config);

  config.audit_kept =
      std::chrono::hours{24} * reader.Int("MARQUEE_AUTH_AUDIT_DAYS", 400, 30, 3'650,
                                          "how long entries of the audit log are kept");
  const char* kOfMany = "MARQUEE_AUTH_NETWORKS_OF_MANY";
  for (const auto& text : ParseNames(reader.String(
           kOfMany, "",
           "networks that are many people's (a proxy's, an office's), comma-separated, as in "
           "192.0.2.0/24: wrong passwords from there keep nobody waiting at other accounts"))) {
    if (const auto network = Network::Parse(text)) {
      config.networks_of_many.push_back(*network);
    } else {
      reader.Problem(kOfMany, "has \"" + text + "\", which is no network");
    }
  }
  config.hashing.running = static_cast<int>(
      reader.Int("MARQUEE_AUTH_HASHES_RUNNING", 2, 1, 256,
                 "passwords hashed at once; each takes 64 MiB of memory and a core"));
  config.hashing.waiting = static_cast<int>(reader.Int("MARQUEE_AUTH_HASHES_WAITING", 64, 0, 1024,
                                                       "sign-ins that may wait for their turn"));
  config.hashing.waiting_of_one =
      static_cast<int>(reader.Int("MARQUEE_AUTH_HASHES_WAITING_OF_ONE", 4, 1, 1024,
                                  "of these, from one address or for one account"));
  config.hashing.patience = reader.Milliseconds("MARQUEE_AUTH_HASHES_PATIENCE_MS", 3'000, 0, 60'000,
                                                "how long each of them waits");
  config.mail = ReadMail(reader);
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::auth
