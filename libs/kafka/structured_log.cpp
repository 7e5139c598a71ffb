#include "kafka/structured_log.h"

#include "kafka/types.h"
#include "logging/log.h"

namespace marquee::kafka {

void UseStructuredLog() {
  SetLogFunction([](int level, const std::string& client_id, const std::string& message) {
    const auto severity = level <= 3   ? logging::Level::kError
                          : level == 4 ? logging::Level::kWarning
                          : level <= 6 ? logging::Level::kInfo
                                       : logging::Level::kDebug;
    logging::Write(severity, "kafka", {{"client", client_id}, {"detail", message}});
  });
}

}  // namespace marquee::kafka
