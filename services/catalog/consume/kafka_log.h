// librdkafka's lines as structured logs.
#pragma once

#include <string>

namespace marquee::catalog {

// `level` is syslog's: 0 emergency … 7 debug.
void LogKafka(int level, const std::string& client_id, const std::string& message);

}  // namespace marquee::catalog
