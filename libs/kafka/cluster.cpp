#include <algorithm>
#include <array>

#include "config/config.h"
#include "kafka/types.h"

namespace marquee::kafka {
namespace {

constexpr char kProtocol[] = "MARQUEE_KAFKA_SECURITY_PROTOCOL";
constexpr char kMechanism[] = "MARQUEE_KAFKA_SASL_MECHANISM";

template <std::size_t N>
std::string OneOf(config::Reader& reader, const char* name, std::string value,
                  const std::array<const char*, N>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return value;
  std::string list;
  for (const char* one : known) list += (list.empty() ? "" : ", ") + std::string(one);
  reader.Problem(name, "must be one of " + list + ", not \"" + value + "\"");
  return known.front();
}

}  // namespace

ClusterConfig ClusterConfig::Read(config::Reader& reader, std::string client_id) {
  ClusterConfig cluster;
  cluster.client_id = std::move(client_id);
  cluster.brokers = reader.String("MARQUEE_KAFKA_BROKERS", "127.0.0.1:9092",
                                  "Kafka's brokers, host:port, comma-separated");
  const auto protocol =
      OneOf<4>(reader, kProtocol,
               reader.String(kProtocol, "plaintext",
                             "how Kafka is spoken to: plaintext, ssl, sasl_plaintext, sasl_ssl"),
               {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"});
  const auto mechanism =
      OneOf<3>(reader, kMechanism,
               reader.String(kMechanism, "SCRAM-SHA-512",
                             "with sasl_…: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN"),
               {"SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"});
  const auto user =
      reader.String("MARQUEE_KAFKA_SASL_USERNAME", "", "with sasl_…: Kafka's name for us");
  const auto password =
      reader.Secret("MARQUEE_KAFKA_SASL_PASSWORD", "", "with sasl_…: that user's password");
  const auto authorities =
      reader.String("MARQUEE_KAFKA_TLS_CA", "",
                    "with …ssl: PEM file of who signs the brokers' certificates (empty: the "
                    "system's authorities)");
  const auto certificate = reader.String("MARQUEE_KAFKA_TLS_CERTIFICATE", "",
                                         "with …ssl: PEM file of our own certificate, if asked");
  const auto key =
      reader.String("MARQUEE_KAFKA_TLS_KEY", "", "with …ssl: PEM file of that one's private key");

  const auto set = [&](const char* property, const std::string& value) {
    if (!value.empty()) cluster.properties[property] = value;
  };
  if (protocol == "plaintext") return cluster;
  set("security.protocol", protocol);
  if (protocol.starts_with("sasl")) {
    if (user.empty()) reader.Problem("MARQUEE_KAFKA_SASL_USERNAME", "is required with " + protocol);
    if (password.empty())
      reader.Problem("MARQUEE_KAFKA_SASL_PASSWORD", "is required with " + protocol);
    set("sasl.mechanism", mechanism);
    set("sasl.username", user);
    set("sasl.password", password);
  }
  if (protocol.ends_with("ssl")) {
    if (certificate.empty() != key.empty())
      reader.Problem("MARQUEE_KAFKA_TLS_CERTIFICATE", "and MARQUEE_KAFKA_TLS_KEY go together");
    set("ssl.ca.location", authorities);
    set("ssl.certificate.location", certificate);
    set("ssl.key.location", key);
  }
  return cluster;
}

}  // namespace marquee::kafka
