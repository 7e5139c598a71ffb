#include "metrics/metrics.h"

#include <dirent.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>

#include "metrics/endpoint.h"

namespace marquee::metrics {
namespace {

prometheus::MetricFamily OneGauge(const std::string& name, const std::string& help, double value,
                                  prometheus::MetricType type = prometheus::MetricType::Gauge) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
  return family;
}

// The 18th and 20th numbers after the command's name in /proc/self/stat: how many threads there
// are, and when the process began, in clock ticks since the machine's boot.
struct Stat {
  long threads = 0;
  double start_seconds = 0;  // since boot
};

std::optional<Stat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  for (int i = 0; i < 17; ++i) fields >> skipped;
  Stat stat;
  double ticks = 0;
  if (!(fields >> stat.threads >> skipped >> ticks)) return std::nullopt;
  stat.start_seconds = ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

// When the machine booted, Unix time; the same for all of a process's life.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word) {
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

// The standard process_* metrics of Prometheus' client libraries, which prometheus-cpp leaves out.
class ProcessCollector final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    long pages = 0;
    long resident = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
      if (std::fscanf(file, "%ld %ld", &pages, &resident) == 2) {
        const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
        families.push_back(
            OneGauge("process_resident_memory_bytes", "Resident memory.", resident * page));
        families.push_back(
            OneGauge("process_virtual_memory_bytes", "Virtual memory.", pages * page));
      }
      std::fclose(file);
    }
    timespec used{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0) {
      families.push_back(OneGauge("process_cpu_seconds_total", "Processor time used.",
                                  static_cast<double>(used.tv_sec) + used.tv_nsec / 1e9,
                                  prometheus::MetricType::Counter));
    }
    if (DIR* directory = opendir("/proc/self/fd")) {
      int count = -3;  // ".", ".." and the directory's own
      while (readdir(directory) != nullptr) ++count;
      closedir(directory);
      families.push_back(OneGauge("process_open_fds", "Open file descriptors.", count));
    }
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      families.push_back(OneGauge("process_max_fds", "Most open file descriptors.",
                                  static_cast<double>(limit.rlim_cur)));
    }
    if (const auto stat = ReadStat()) {
      families.push_back(
          OneGauge("process_threads", "Threads.", static_cast<double>(stat->threads)));
      families.push_back(OneGauge("process_start_time_seconds",
                                  "When the process started, Unix time.",
                                  boot_time_ + stat->start_seconds));
    }
    return families;
  }

 private:
  const double boot_time_ = BootTime();
};

class FunctionCollector final : public prometheus::Collectable {
 public:
  struct Entry {
    std::string name, help;
    Labels labels;
    std::function<double()> value;
  };
  void Add(Entry entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard lock(mutex_);
    std::map<std::string, prometheus::MetricFamily> families;
    for (const auto& entry : entries_) {
      auto& family = families[entry.name];
      family.name = entry.name;
      family.help = entry.help;
      family.type = prometheus::MetricType::Gauge;
      prometheus::ClientMetric metric;
      for (const auto& [key, value] : entry.labels) metric.label.push_back({key, value});
      metric.gauge.value = entry.value();
      family.metric.push_back(std::move(metric));
    }
    std::vector<prometheus::MetricFamily> list;
    for (auto& [name, family] : families) list.push_back(std::move(family));
    return list;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  ProcessCollector process;
  FunctionCollector functions;
  std::unique_ptr<Endpoint> endpoint;  // last: it asks the others

  std::string Text(bool of_the_process) const {
    auto families = registry.Collect();
    const auto add = [&](const prometheus::Collectable& more) {
      for (auto& family : more.Collect()) families.push_back(std::move(family));
    };
    add(functions);
    if (of_the_process) add(process);
    return prometheus::TextSerializer().Serialize(families);
  }
};

void Counter::Increment(double by) { static_cast<prometheus::Counter*>(impl_)->Increment(by); }
void Gauge::Set(double value) { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Gauge::Add(double by) { static_cast<prometheus::Gauge*>(impl_)->Increment(by); }
void Histogram::Observe(double value) {
  static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::AddCounter(const std::string& name, const std::string& help,
                            const Labels& labels) {
  return Counter(
      &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels));
}
Gauge Metrics::AddGauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(
      &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels));
}
Histogram Metrics::AddHistogram(const std::string& name, const std::string& help,
                                const Labels& labels, const std::vector<double>& buckets) {
  return Histogram(&prometheus::BuildHistogram()
                        .Name(name)
                        .Help(help)
                        .Register(impl_->registry)
                        .Add(labels, buckets));
}
void Metrics::AddGaugeFunction(const std::string& name, const std::string& help,
                               const Labels& labels, std::function<double()> value) {
  impl_->functions.Add({name, help, labels, std::move(value)});
}

const std::vector<double>& Metrics::LatencyBuckets() {
  static const std::vector<double> buckets{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return buckets;
}

Status Metrics::Serve(const std::string& listen) {
  ASSIGN_OR_RETURN(impl_->endpoint,
                   Endpoint::Listen(listen, [impl = impl_.get()] { return impl->Text(true); }));
  return {};
}

void Metrics::Stop() { impl_->endpoint.reset(); }

int Metrics::port() const { return impl_->endpoint ? impl_->endpoint->port() : 0; }

std::string Metrics::Text() const { return impl_->Text(false); }

}  // namespace marquee::metrics
