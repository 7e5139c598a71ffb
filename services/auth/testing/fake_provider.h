// An OpenID provider in memory, for tests: it mints what it is told.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "auth/app/http_client.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/percent.h"
#include "token/es256.h"

namespace marquee::auth {

class FakeProvider final : public HttpClient {
 public:
  using Json = nlohmann::json;
  explicit FakeProvider(const Clock& clock, std::string issuer = "https://id.example")
      : issuer(std::move(issuer)), clock_(clock) {
    metadata = {{"issuer", this->issuer},
                {"authorization_endpoint", this->issuer + "/authorize"},
                {"token_endpoint", this->issuer + "/token"},
                {"jwks_uri", this->issuer + "/jwks"},
                {"userinfo_endpoint", this->issuer + "/userinfo"}};
    Rotate("key 1");
  }

  // From now on it signs with this one, and publishes it alone.
  void Rotate(const std::string& kid) {
    kid_ = kid;
    key_ = token::Es256Key::Generate();
    jwks = {{"keys",
             {{{"kty", "EC"},
               {"crv", "P-256"},
               {"kid", kid},
               {"x", Base64UrlEncode(key_.X())},
               {"y", Base64UrlEncode(key_.Y())}}}}};
  }

  // A browser is sent there: what it was sent with, by name.
  std::map<std::string, std::string> Visit(const std::string& url) {
    std::map<std::string, std::string> query;
    std::string rest = url.substr(url.find('?') + 1);
    for (std::size_t start = 0; start < rest.size();) {
      const auto end = std::min(rest.find('&', start), rest.size());
      const auto equals = rest.find('=', start);
      query[rest.substr(start, equals - start)] =
          *PercentDecode(rest.substr(equals + 1, end - equals - 1));
      start = end + 1;
    }
    nonce_ = query["nonce"];
    challenge_ = query["code_challenge"];
    return query;
  }

  Result<HttpResponse> Send(const HttpRequest& request, const CallContext&) override {
    sent.push_back(request);
    if (down) return Error::Unavailable("http_unavailable", "nobody is there");
    const std::string path = request.url.substr(issuer.size());
    if (const auto instead = answers.find(path); instead != answers.end()) return instead->second;
    if (path == "/.well-known/openid-configuration") return HttpResponse{200, metadata.dump()};
    if (path == "/jwks") return HttpResponse{200, jwks.dump()};
    if (path == "/userinfo") return HttpResponse{200, userinfo.dump()};
    if (path == "/token") return Token(request.form);
    return HttpResponse{404, ""};
  }
  int AskedFor(const std::string& path) const {
    return static_cast<int>(std::ranges::count_if(
        sent, [&](const HttpRequest& one) { return one.url == issuer + path; }));
  }

  const std::string issuer;
  Json metadata, jwks;
  Json claims = {{"sub", "ada-1"}, {"email", "ada@example.com"}, {"email_verified", true}};
  Json userinfo = {};
  bool down = false;
  std::map<std::string, HttpResponse> answers = {};  // by path, instead of the right ones
  std::vector<HttpRequest> sent = {};

 private:
  HttpResponse Token(const std::string& form) {
    const auto verifier = form.find("code_verifier=");
    const auto end = std::min(form.find('&', verifier), form.size());
    const auto given = form.substr(verifier + 14, end - verifier - 14);
    if (Base64UrlEncode(Sha256(given)) != challenge_) return {400, R"({"error":"invalid_grant"})"};
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch();
    Json payload = {{"iss", issuer},
                    {"aud", "marquee"},
                    {"nonce", nonce_},
                    {"iat", now.count()},
                    {"exp", now.count() + 300}};
    payload.update(claims);
    const Json header = {{"alg", "ES256"}, {"kid", kid_}};
    const std::string input =
        Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(payload.dump());
    const std::string id_token = input + "." + Base64UrlEncode(key_.Sign(input));
    return {200, Json{{"id_token", id_token}, {"access_token", "an-access-token"}}.dump()};
  }

  const Clock& clock_;
  std::string kid_;
  token::Es256Key key_ = token::Es256Key::Generate();
  std::string nonce_, challenge_;
};

}  // namespace marquee::auth
