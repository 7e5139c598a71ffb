#pragma once

namespace marquee::gateway {

void BenchRequests();

}  // namespace marquee::gateway
