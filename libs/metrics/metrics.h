// Metrics for Prometheus. Names are marquee_<service>_<thing>_<unit>. A Metrics object is the
// program's registry; whoever measures takes it by reference. Everything here is thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace marquee::metrics {

using Labels = std::map<std::string, std::string>;

// What a gauge says of a count that may not be known: NaN then.
inline double OrNaN(std::optional<std::int64_t> count) {
  return count ? static_cast<double>(*count) : std::numeric_limits<double>::quiet_NaN();
}

class Counter {
 public:
  void Increment(double by = 1);

 private:
  friend class Metrics;
  explicit Counter(void* impl) : impl_(impl) {}
  void* impl_;
};

class Gauge {
 public:
  void Set(double value);
  void Add(double by);

 private:
  friend class Metrics;
  explicit Gauge(void* impl) : impl_(impl) {}
  void* impl_;
};

class Histogram {
 public:
  void Observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(void* impl) : impl_(impl) {}
  void* impl_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same series. Handles are valid as long as the Metrics object.
  Counter AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram AddHistogram(const std::string& name, const std::string& help,
                         const Labels& labels = {},
                         const std::vector<double>& buckets = LatencyBuckets());
  // A gauge that is asked for its value at each scrape; the function must outlive the Metrics
  // object's serving.
  void AddGaugeFunction(const std::string& name, const std::string& help, const Labels& labels,
                        std::function<double()> value);

  // Seconds: 0.25 ms to 10 s.
  static const std::vector<double>& LatencyBuckets();

  // Serves /metrics on host:port ("127.0.0.1:0" picks a port, "[::]:9100" takes IPv4, too) until
  // destruction or Stop(). Unavailable "metrics_listen_failed".
  Status Serve(const std::string& listen);
  void Stop();
  int port() const;  // 0 until Serve succeeded

  std::string Text() const;  // what /metrics answers but for the process's own, for tests

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::metrics
