#include "trainer/app/handover.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::trainer {

Handover::Handover(ModelsOfBefore& before, ModelRegistry& registry, std::filesystem::path folder,
                   metrics::Metrics& metrics, HandoverOptions options)
    : before_(before),
      registry_(registry),
      folder_(std::move(folder)),
      left_(metrics.AddGauge("marquee_trainer_models_to_hand_over",
                             "Versions of before that the registry doesn't have yet; 0: done")),
      options_(options),
      thread_([this](std::stop_token stop) { Run(stop); }) {}

Handover::~Handover() { Stop(); }

void Handover::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Status Handover::Done() const {
  if (done_) return {};
  return Error::Unavailable("handover_pending",
                            "The models of before are being handed to the registry.");
}

void Handover::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  bool failed_before = false;
  while (!stop.stop_requested() && !done_) {
    const tracing::Scope scope(tracing::TraceContext::New());
    const auto handed = HandOver(stop);
    if (handed.ok()) {
      done_ = !stop.stop_requested();
      continue;
    }
    // Once when it begins: the registry may take a while to start.
    if (!failed_before)
      logging::Warning("models of before not handed over: trying again",
                       {{"error", handed.error().ToString()}});
    failed_before = true;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, options_.retry, [] { return false; });
  }
}

Status Handover::HandOver(const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const auto rows, before_.NotTakenOver(NextCall()));
  auto left = static_cast<double>(rows.size());
  left_.Set(left);
  for (const auto& row : rows) {
    if (stop.stop_requested()) return {};
    const auto there = [&](const std::string& file) {
      std::error_code ignored;
      const auto path = folder_ / file;
      return !file.empty() && std::filesystem::is_regular_file(path, ignored)
                 ? path
                 : std::filesystem::path();
    };
    const auto file = there(row.file);
    auto taken = registry_.TakeOver(row.version, file, there(row.evaluation_file), NextCall());
    // Its number is another model's by now: the row stays here, and is no reason to wait for ever.
    const bool refused = !taken.ok() && (taken.error().code == Code::kAlreadyExists ||
                                         taken.error().code == Code::kNotFound ||
                                         taken.error().code == Code::kInvalidArgument);
    if (refused) {
      logging::Error("a model of before is not taken over", {{"model", row.version.model},
                                                             {"version", row.version.version},
                                                             {"error", taken.error().ToString()}});
    } else if (!taken.ok()) {
      return taken;
    } else {
      logging::Info("a model of before is handed over", {{"model", row.version.model},
                                                         {"version", row.version.version},
                                                         {"artefact", !file.empty()}});
    }
    RETURN_IF_ERROR(before_.MarkTakenOver(row.version.model, row.version.version, NextCall()));
    left_.Set(--left);
  }
  return {};
}

}  // namespace marquee::trainer
