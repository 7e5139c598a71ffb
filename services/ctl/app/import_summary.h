// What is said of a data set that was read and, maybe, sent.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "ctl/app/commands.h"
#include "ctl/domain/dataset.h"
#include "ctl/files/read_dataset.h"

namespace marquee::ctl {

// InvalidArgument that names the flag.
Status ToOptions(const ReadingFlags& flags, ReadOptions& options);

// Whether enough of a table was taken for it to be sent.
struct Verdict {
  bool enough = true;
  std::string cause{};  // why not, most likely: a sentence
};
// `least_share`: 0 to 1. Nothing of something is never enough; nothing of nothing is when it is 0.
Verdict Judge(const Report& report, const TableReport& table, double least_share);

// "Left out: 12 rows (duplicate 10, bad_number 2)."; empty when nothing was.
std::string LeftOut(const Report& report);

// "tables" (with "hints"), "rejected", "notes" and "passed_over" for programs; lines for people.
nlohmann::json ToJson(const Report& report);
std::string FilesAndNotes(const Report& report);
// A table of the reasons, with what may be the cause.
std::string RejectedByReason(const Report& report);

}  // namespace marquee::ctl
