// librdkafka's lines as structured logs.
#pragma once

namespace marquee::kafka {

// Once, before any client is made: what librdkafka says goes to libs/logging as "kafka" with its
// client and detail.
void UseStructuredLog();

}  // namespace marquee::kafka
