// Marquee's REST API, as the command line uses it: through the gateway, like everyone.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/percent.h"
#include "base/result.h"

namespace marquee::ctl {

// Tokens of a login, kept between commands in a file that only its owner can read.
struct Credentials {
  std::string server;
  std::string email;
  std::string access_token;
  std::string refresh_token;
  std::string client_id = {};  // of OAuth 2, by whose rules it is refreshed; empty: a login's

  static Result<Credentials> Load(
      const std::filesystem::path& file);  // NOT_FOUND when there are none
  Status Save(const std::filesystem::path& file) const;
};
std::filesystem::path DefaultCredentialsFile();

// One connection, kept. A 401 for a stale token is answered by one refresh and one repetition; new
// tokens are saved. Commands that run at once share a login: they refresh one after another. Errors
// carry the problem document's code, detail and field; UNAVAILABLE when the server can't be
// reached.
class RestClient {
 public:
  // With an `api_key`, that is who calls, and no login is looked at.
  RestClient(std::string server, std::filesystem::path credentials_file, std::string api_key = {});
  ~RestClient();

  Result<nlohmann::json> Get(const std::string& path);
  // What stands in `list` on all pages together.
  Result<nlohmann::json> GetAll(const std::string& path, const char* list);
  Result<nlohmann::json> Send(const std::string& method, const std::string& path,
                              const nlohmann::json& body);
  Result<nlohmann::json> Delete(const std::string& path);
  // A form, from nobody: OAuth 2. Errors have the standard's word for a reason.
  Result<nlohmann::json> PostForm(const std::string& path, const FormFields& form);
  // A body that is no JSON, and the path in a Link header with rel="next": empty when there is none.
  struct Page {
    std::string body;
    std::string next;
  };
  Result<Page> GetPage(const std::string& path);
  // The login is no more: its file goes, and calls are nobody's from now on.
  void Forget();
  // Keeps what /v1/auth/login or /register answered.
  Status KeepSession(const nlohmann::json& session);
  // Keeps what /oauth2/token answered to that client; the person behind it, as /oauth2/userinfo has
  // them.
  Result<nlohmann::json> KeepTokens(const nlohmann::json& tokens, const std::string& client_id);
  // A valid access token, for the gRPC imports. UNAUTHENTICATED when nobody is logged in,
  // or where an API key stands for a login: those are for REST.
  Result<std::string> AccessToken();
  const std::string& server() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::ctl
