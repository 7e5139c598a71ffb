#include "catalog/consume/kafka_log.h"

#include "logging/log.h"

namespace marquee::catalog {

void LogKafka(int level, const std::string& client_id, const std::string& message) {
  const auto severity = level <= 3   ? logging::Level::kError
                        : level == 4 ? logging::Level::kWarning
                        : level <= 6 ? logging::Level::kInfo
                                     : logging::Level::kDebug;
  logging::Write(severity, "kafka", {{"client", client_id}, {"detail", message}});
}

}  // namespace marquee::catalog
