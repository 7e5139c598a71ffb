#include "ctl/clients/rest.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/percent.h"
#include "config/config.h"
#include "ctl/files/byte_source.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t kMostAnswerBytes = 64 << 20;

std::size_t Collect(char* data, std::size_t size, std::size_t count, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.size() + size * count > kMostAnswerBytes) return 0;  // curl reports a write error
  text.append(data, size * count);
  return size * count;
}

// Of the last answer's headers; our own server's form of RFC 8288 alone.
std::string NextOf(CURL* curl) {
  constexpr std::string_view kEnd = ">; rel=\"next\"";
  curl_header* header = nullptr;
  if (curl_easy_header(curl, "Link", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
  const std::string_view value = header->value;
  if (!value.starts_with("</") || !value.ends_with(kEnd)) return {};
  return std::string(value.substr(1, value.size() - 1 - kEnd.size()));
}

Code CodeOf(long status) {
  switch (status) {
    case 400: return Code::kInvalidArgument;
    case 401: return Code::kUnauthenticated;
    case 403: return Code::kPermissionDenied;
    case 404: return Code::kNotFound;
    case 409: return Code::kAlreadyExists;
    case 412: return Code::kFailedPrecondition;
    case 429: return Code::kResourceExhausted;
    case 503: return Code::kUnavailable;
    case 504: return Code::kDeadlineExceeded;
    default: return Code::kUnknown;
  }
}

// Whoever has it may change the credentials; the others wait. Let go with the process, too. Best
// effort: on a file system without locks a command still works, alone.
class CredentialsLock {
 public:
  explicit CredentialsLock(const std::filesystem::path& file) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    fd_ = open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~CredentialsLock() {
    if (fd_ >= 0) close(fd_);
  }
  CredentialsLock(const CredentialsLock&) = delete;
  CredentialsLock& operator=(const CredentialsLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace

Result<Credentials> Credentials::Load(const std::filesystem::path& path) {
  constexpr std::size_t kMostBytes = 64 << 10;
  const auto text = ReadSmallFile(path, kMostBytes);
  if (!text.ok())
    return Error::NotFound("not_logged_in",
                           "Nobody is logged in: run marqueectl login EMAIL first.");
  const json parsed = json::parse(*text, nullptr, false);
  if (!parsed.is_object()) {
    return Error::DataLoss("bad_credentials",
                           path.string() + " is damaged: delete it and log in again.");
  }
  return Credentials{parsed.value("server", ""), parsed.value("email", ""),
                     parsed.value("access_token", ""), parsed.value("refresh_token", ""),
                     parsed.value("client_id", "")};
}

Status Credentials::Save(const std::filesystem::path& path) const {
  const auto failed = [&] {
    return Error::Unavailable("write_failed",
                              "Can't write " + path.string() + ", where logins are kept.");
  };
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const std::string temporary = path.string() + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed();
  const std::string text = json{
      {"server", server},
      {"email", email},
      {"access_token", access_token},
      {"refresh_token", refresh_token},
      {"client_id", client_id}}.dump();
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(fd) != 0 || !written) return failed();
  std::filesystem::rename(temporary, path, error);
  if (error) return failed();
  return {};
}

std::filesystem::path DefaultCredentialsFile() {
  const auto& environment = config::SystemEnvironment();
  if (const auto file = environment.Get("MARQUEE_CREDENTIALS_FILE")) return *file;
  if (const auto folder = environment.Get("XDG_CONFIG_HOME")) {
    return std::filesystem::path(*folder) / "marquee" / "credentials.json";
  }
  return std::filesystem::path(environment.Get("HOME").value_or(".")) / ".config" / "marquee" /
         "credentials.json";
}

namespace {

// What is sent, as it is sent.
struct Payload {
  const char* type;
  std::string text;
};

Payload JsonPayload(const json& body) {
  return {"application/json", body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Payload FormPayload(const FormFields& form) {
  return {"application/x-www-form-urlencoded", FormEncode(form)};
}

}  // namespace

struct RestClient::Impl {
  static json Parsed(const Page& page) {
    json parsed = json::parse(page.body, nullptr, false);
    return parsed.is_discarded() ? json::object() : parsed;
  }

  std::string server;
  std::filesystem::path file;
  Credentials credentials;
  std::string api_key;
  CURL* curl = nullptr;

  Result<Page> Once(const std::string& method, const std::string& path,
                    const std::optional<Payload>& payload, bool with_token, long& status) {
    curl_easy_reset(curl);
    std::string answer;
    const std::string url = server + path;
    curl_slist* headers = curl_slist_append(nullptr, "Accept: application/json");
    if (payload)
      headers = curl_slist_append(headers, (std::string("Content-Type: ") + payload->type).c_str());
    if (with_token && !api_key.empty()) {
      headers = curl_slist_append(headers, ("X-API-Key: " + api_key).c_str());
    } else if (with_token && !credentials.access_token.empty()) {
      headers =
          curl_slist_append(headers, ("Authorization: Bearer " + credentials.access_token).c_str());
    }
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "marqueectl");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (payload) {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, payload->text.c_str());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(payload->text.size()));
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30'000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    const CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    status = 0;
    if (code != CURLE_OK) {
      return Error::Unavailable("server_unreachable",
                                "Can't reach " + server + ": " + curl_easy_strerror(code) +
                                    ". Is Marquee running? (--server names another address.)");
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return Page{std::move(answer), NextOf(curl)};
    const json parsed = json::parse(answer, nullptr, false);
    if (!parsed.is_object()) {
      return Error{
          CodeOf(status), "http_" + std::to_string(status),
          method + " " + path + " was answered with status " + std::to_string(status) + ".", ""};
    }
    if (parsed.contains("error")) {  // RFC 6749, section 5.2
      return Error{CodeOf(status), parsed.value("error", ""), parsed.value("error_description", ""),
                   ""};
    }
    return Error{CodeOf(status), parsed.value("code", "http_" + std::to_string(status)),
                 parsed.value("detail", parsed.value("title", "")), parsed.value("field", "")};
  }

  // New tokens: those that another command has fetched since this one began, or else fetched here.
  // One at a time, as each refresh token works once.
  Status Refresh() {
    const CredentialsLock lock(file);
    if (auto kept = Credentials::Load(file); kept.ok() && kept->server == server &&
                                             kept->email == credentials.email &&
                                             kept->access_token != credentials.access_token) {
      credentials = std::move(*kept);
      return {};
    }
    long status = 0;
    if (!credentials.client_id.empty()) {
      const auto form = FormPayload({{"grant_type", "refresh_token"},
                                     {"refresh_token", credentials.refresh_token},
                                     {"client_id", credentials.client_id}});
      ASSIGN_OR_RETURN(const Page tokens, Once("POST", "/oauth2/token", form, false, status));
      return Keep(Parsed(tokens));
    }
    const auto body = JsonPayload({{"refresh_token", credentials.refresh_token}});
    ASSIGN_OR_RETURN(const Page session, Once("POST", "/v1/auth/refresh", body, false, status));
    return Keep(Parsed(session));
  }

  Status Keep(const json& session) {
    credentials.server = server;
    credentials.access_token = session.value("access_token", "");
    credentials.refresh_token = session.value("refresh_token", "");
    if (session.contains("user")) credentials.email = session["user"].value("email", "");
    return credentials.Save(file);
  }

  Result<json> Do(const std::string& method, const std::string& path,
                  const std::optional<Payload>& payload) {
    ASSIGN_OR_RETURN(const Page answer, Ask(method, path, payload));
    return Parsed(answer);
  }

  Result<Page> Ask(const std::string& method, const std::string& path,
                   const std::optional<Payload>& payload) {
    long status = 0;
    auto answer = Once(method, path, payload, true, status);
    // A login that is refused is no stale token: its password isn't sent twice.
    const bool signs_in = path.starts_with("/v1/auth/");
    if (answer.ok() || status != 401 || !api_key.empty() || credentials.refresh_token.empty() ||
        signs_in)
      return answer;
    if (const auto refreshed = Refresh(); !refreshed.ok()) {
      const Error& error = refreshed.error();
      // Nobody need log in again for a server that is away; and where it would be of no use, they
      // are told why.
      const bool over = error.reason == "invalid_grant" || (error.code == Code::kUnauthenticated &&
                                                            error.reason != "account_disabled");
      if (!over) return error;
      const std::string whose = credentials.client_id.empty() ? " " + credentials.email : "";
      return Error::Unauthenticated(
          "login_expired", "The login has expired: run marqueectl login" + whose + " again.");
    }
    return Once(method, path, payload, true, status);
  }
};

RestClient::RestClient(std::string server, std::filesystem::path credentials_file,
                       std::string api_key)
    : impl_(std::make_unique<Impl>()) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  impl_->curl = curl_easy_init();
  impl_->file = std::move(credentials_file);
  impl_->api_key = std::move(api_key);
  if (auto loaded = Credentials::Load(impl_->file); loaded.ok())
    impl_->credentials = std::move(*loaded);
  // A token goes only to the server that gave it.
  if (server.empty())
    server =
        impl_->credentials.server.empty() ? "http://127.0.0.1:8080" : impl_->credentials.server;
  while (server.ends_with('/')) server.pop_back();
  if (server != impl_->credentials.server) impl_->credentials = Credentials{};
  impl_->server = std::move(server);
}

RestClient::~RestClient() { curl_easy_cleanup(impl_->curl); }

Result<json> RestClient::Get(const std::string& path) { return impl_->Do("GET", path, {}); }

Result<json> RestClient::Send(const std::string& method, const std::string& path,
                              const json& body) {
  return impl_->Do(method, path, JsonPayload(body));
}

Result<json> RestClient::GetAll(const std::string& path, const char* list) {
  json all = json::array();
  std::string token;
  do {
    ASSIGN_OR_RETURN(const json page,
                     Get(path + "?page_size=200&page_token=" + PercentEncode(token)));
    for (const auto& item : page.value(list, json::array())) all.push_back(item);
    token = page.value("next_page_token", std::string());
  } while (!token.empty());
  return all;
}

// Without a body: the gateway refuses one.
Result<json> RestClient::Delete(const std::string& path) { return impl_->Do("DELETE", path, {}); }

Result<json> RestClient::PostForm(const std::string& path, const FormFields& form) {
  long status = 0;
  ASSIGN_OR_RETURN(const Page answer, impl_->Once("POST", path, FormPayload(form), false, status));
  return Impl::Parsed(answer);
}

Result<json> RestClient::KeepTokens(const json& tokens, const std::string& client_id) {
  impl_->credentials = {};
  impl_->credentials.access_token = tokens.value("access_token", "");
  long status = 0;
  ASSIGN_OR_RETURN(const Page answer, impl_->Once("GET", "/oauth2/userinfo", {}, true, status));
  json person = Impl::Parsed(answer);
  const CredentialsLock lock(impl_->file);
  impl_->credentials.client_id = client_id;
  impl_->credentials.email = person.value("email", "");
  RETURN_IF_ERROR(impl_->Keep(tokens));
  return person;
}

Result<RestClient::Page> RestClient::GetPage(const std::string& path) {
  return impl_->Ask("GET", path, {});
}

void RestClient::Forget() {
  const CredentialsLock lock(impl_->file);
  std::error_code gone_already;
  std::filesystem::remove(impl_->file, gone_already);
  impl_->credentials = Credentials{};
}

Status RestClient::KeepSession(const json& session) {
  const CredentialsLock lock(impl_->file);
  impl_->credentials.client_id.clear();
  return impl_->Keep(session);
}

Result<std::string> RestClient::AccessToken() {
  if (!impl_->api_key.empty()) {
    return Error::Unauthenticated("login_required",
                                  "API keys are for REST, and this goes to the services "
                                  "themselves: unset MARQUEE_API_KEY and log in.");
  }
  if (impl_->credentials.access_token.empty()) {
    return Error::Unauthenticated("not_logged_in", "Nobody is logged in at " + impl_->server +
                                                       ": run marqueectl login EMAIL first.");
  }
  ASSIGN_OR_RETURN(const json me, Get("/v1/me"));  // refreshes a stale one
  return impl_->credentials.access_token;
}

const std::string& RestClient::server() const { return impl_->server; }

}  // namespace marquee::ctl
