#include "metrics/metrics.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>

#include <string>

namespace marquee::metrics {
namespace {

httplib::Result Scrape(const std::string& host, int port, const std::string& path = "/metrics") {
  return httplib::Client(host, port).Get(path);
}

TEST(Metrics, AreServedAsPrometheusReadsThem) {
  Metrics metrics;
  metrics.AddCounter("marquee_test_things_total", "Things.", {{"kind", "odd\n"}}).Increment(2);
  metrics.AddGaugeFunction("marquee_test_asked", "Asked.", {}, [] { return 7; });
  ASSERT_EQ(metrics.port(), 0);
  ASSERT_TRUE(metrics.Serve("127.0.0.1:0").ok());
  const auto answer = Scrape("127.0.0.1", metrics.port());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer->body.find("marquee_test_things_total{kind=\"odd\\n\"} 2\n"), std::string::npos);
  EXPECT_NE(answer->body.find("marquee_test_asked 7\n"), std::string::npos);
  EXPECT_NE(answer->body.find("process_cpu_seconds_total"), std::string::npos);
  EXPECT_EQ(Scrape("127.0.0.1", metrics.port(), "/")->status, 404);
}

TEST(Metrics, AreServedOnBothFamiliesOfAddresses) {
  Metrics metrics;
  ASSERT_TRUE(metrics.Serve("[::]:0").ok());
  EXPECT_TRUE(Scrape("127.0.0.1", metrics.port()));
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) GTEST_SKIP() << "this machine has no IPv6";
  close(fd);
  EXPECT_TRUE(Scrape("::1", metrics.port()));
}

TEST(Metrics, APortIsServedByOneAlone) {
  Metrics first, second;
  ASSERT_TRUE(first.Serve("127.0.0.1:0").ok());
  const std::string listen = "127.0.0.1:" + std::to_string(first.port());
  EXPECT_EQ(second.Serve(listen).error().reason, "metrics_listen_failed");
  first.Stop();
  EXPECT_EQ(first.port(), 0);
  EXPECT_TRUE(second.Serve(listen).ok());
}

TEST(Metrics, AnAddressThatIsNoneIsRefused) {
  for (const char* listen :
       {"", "9100", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "nowhere.invalid:0"}) {
    Metrics metrics;
    EXPECT_EQ(metrics.Serve(listen).error().reason, "metrics_listen_failed") << listen;
  }
}

}  // namespace
}  // namespace marquee::metrics
