// Who signed in, as the access token says.
#pragma once

#include <cstdint>
#include <string>

namespace marquee::auth {

struct Person {
  std::int64_t user_id = 0;
  std::string session_id = {};
};

}  // namespace marquee::auth
