// Access tokens, and the header that they come in; ID tokens and keys of other providers.
#include "token/token.h"

#include "fuzz/must.h"
#include "token/id_token.h"
#include "token/jwt.h"

using namespace marquee::token;  // NOLINT(google-build-using-namespace): a program of its own

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SigningKey key = SigningKey::Generate();
  static const std::vector<PublicKey> keys{key.public_key()};
  const marquee::Time now{std::chrono::seconds{1'700'000'000}};
  const auto in = TextOf(data, size);
  // Nobody can guess a signature of a key that was made just now.
  MUST(!Verify(in, keys, {}, now).ok());
  if (const auto bearer = BearerToken(in)) {
    MUST(!bearer->empty());
    for (const char c : *bearer) MUST(c > ' ' && c < 0x7f);
  }
  if (const auto parsed = ParseJwt(in); parsed.ok()) MUST(parsed->signature.size() == 64);
  // A payload, as if it had been signed.
  static const std::string issuer = "https://marquee.example";
  for (const std::string* oauth_issuer : {static_cast<const std::string*>(nullptr), &issuer}) {
    const auto claims = CheckClaims(in, {}, oauth_issuer, now);
    if (!claims.ok()) continue;
    MUST(!claims->subject.empty() && claims->user_id >= 0);
    MUST(claims->expires_at > now - std::chrono::seconds{6});
    MUST((oauth_issuer == nullptr) == claims->client_id.empty());
  }
  if (const auto provider_keys = ProviderKeys::Parse(in); provider_keys.ok())
    MUST(!VerifyIdToken(in, *provider_keys, {"i", "c", "n"}, now).ok());
  (void)ReadPersonClaims(in);
  return 0;
}
