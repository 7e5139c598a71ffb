// What every command shares: the global flags, and how results and errors are shown.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"

namespace marquee::ctl {

class RestClient;

struct Context {
  std::string server;  // empty: the one of the last login, or http://127.0.0.1:8080
  std::string catalog_address;
  std::string ratings_address;
  std::string registry_address;
  std::filesystem::path credentials_file;
  std::string api_key;  // used in the stead of a login; empty: none
  bool json = false;
  bool quiet = false;  // no progress bars
};

// The API, as whoever the key or the login says.
RestClient Rest(const Context& context);

// A member of a JSON object; empty when it isn't there.
std::string Text(const nlohmann::json& object, const char* key);
// A movie as people know it: "Heat (1995)".
std::string TitleOf(const nlohmann::json& movie);

// Prints an error for a person (standard error) or a program (standard output, --json); returns the
// exit status: 2 for what the user can mend by typing something else, 3 for what may go away by
// itself, 1 for the rest.
int Fail(const Context& context, const Error& error);
// Prints `text`, or, with --json, `value`; returns 0.
int Show(const Context& context, const nlohmann::json& value, const std::string& text);

}  // namespace marquee::ctl
