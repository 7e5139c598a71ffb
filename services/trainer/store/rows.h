// Rows to domain values and back: what both repositories share.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "pg/pool.h"
#include "trainer/domain/ports.h"

namespace pqxx {
class row;
}

namespace marquee::trainer {

// What ToRun reads, in its order.
inline constexpr std::string_view kRunColumns =
    "run_id, state, stage, progress, factors, iterations, regularization, alpha, seed, "
    "force_promotion, rating_count, metrics, error, started_by, "
    "(extract(epoch FROM started_at) * 1000000)::bigint, "
    "(extract(epoch FROM ended_at) * 1000000)::bigint";
Result<TrainingRun> ToRun(const pqxx::row& row);

// Ends the owner's running run. Aborted "run_fenced" when it isn't that.
Status EndRun(pg::Transaction& tx, std::int64_t run_id, const Owner& owner, RunState state,
              const std::string& error, const RunOutcome& outcome);

Error RunFenced();

}  // namespace marquee::trainer
