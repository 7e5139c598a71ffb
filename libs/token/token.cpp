#include "token/token.h"

#include "token/es256.h"
#include "token/jwt.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/text.h"

namespace marquee::token {
namespace {

// One look for each byte: tokens are long, and each is looked at several times on its way.
constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = table[c + ('a' - 'A')] = true;
  for (const char c : std::string_view("-._~+/")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// b64token of RFC 6750, section 2.1.
bool IsTokenText(std::string_view text) {
  const auto padding = text.find_last_not_of('=');
  if (padding == text.npos) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(padding) + 1,
                     [](char c) { return kTokenBytes[static_cast<unsigned char>(c)]; });
}

}  // namespace

std::optional<std::string_view> BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (AsciiLower(authorization.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  authorization.remove_prefix(
      std::min(authorization.find_first_not_of(' ', kScheme.size()), authorization.size()));
  while (authorization.ends_with(' ')) authorization.remove_suffix(1);
  return IsTokenText(authorization) ? std::optional(authorization) : std::nullopt;
}

std::optional<PublicKey> FromJwk(const JsonWebKey& jwk) {
  const bool verifies = (jwk.use.empty() || jwk.use == "sig") &&
                        (jwk.alg.empty() || jwk.alg == "ES256") &&
                        (jwk.key_ops.empty() || std::ranges::count(jwk.key_ops, "verify") > 0);
  if (jwk.kty != "EC" || jwk.crv != "P-256" || !verifies) return std::nullopt;
  auto x = Base64UrlDecode(jwk.x);
  auto y = Base64UrlDecode(jwk.y);
  if (!x.ok() || !y.ok() || x->size() != kCoordinateBytes || y->size() != kCoordinateBytes)
    return std::nullopt;
  return PublicKey{jwk.kid, *std::move(x), *std::move(y)};
}

struct SigningKey::Impl {
  explicit Impl(Es256Key parsed) : key(std::move(parsed)), shared{{}, key.X(), key.Y()} {
    shared.kid = Thumbprint(shared.x, shared.y);
  }
  Es256Key key;
  PublicKey shared;
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SigningKey SigningKey::Generate() {
  return SigningKey(std::make_unique<Impl>(Es256Key::Generate()));
}

Result<SigningKey> SigningKey::FromPem(std::string_view pkcs8) {
  auto key = Es256Key::FromPem(pkcs8);
  if (!key) {
    return Error::InvalidArgument("signing_key_malformed", "This isn't a private key on P-256.");
  }
  return SigningKey(std::make_unique<Impl>(*std::move(key)));
}

std::string SigningKey::ToPem() const { return impl_->key.ToPem(); }

const PublicKey& SigningKey::public_key() const { return impl_->shared; }

std::string SigningKey::Sign(const Claims& claims, const Policy& policy) const {
  return SignJwt(claims, policy, impl_->shared.kid,
                 [this](std::string_view text) { return impl_->key.Sign(text); });
}

std::string SigningKey::SignIdentity(const IdentityClaims& claims, const Policy& policy) const {
  return SignJwt(claims, policy, impl_->shared.kid,
                 [this](std::string_view text) { return impl_->key.Sign(text); });
}

Result<Claims> Verify(std::string_view jwt, const std::vector<PublicKey>& keys,
                      const Policy& policy, Time now) {
  ASSIGN_OR_RETURN(const ParsedJwt parsed, ParseJwt(jwt));
  for (const auto& candidate : keys) {
    if (candidate.kid != parsed.kid) continue;
    const auto key = Es256Key::FromPoint(candidate.x, candidate.y);
    if (!key || !key->Verify(parsed.signing_input, parsed.signature)) {
      return Invalid("its signature is wrong");
    }
    return CheckClaims(parsed.payload, policy, parsed.for_client ? &candidate.issuer : nullptr,
                       now);
  }
  return Invalid("its key is unknown");
}

}  // namespace marquee::token
