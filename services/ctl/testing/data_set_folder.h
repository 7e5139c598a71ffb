// A folder with a data set in it, for tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "ctl/files/read_dataset.h"

namespace marquee::ctl {

class DataSetFolder : public testing::Test {
 protected:
  DataSetFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "_" + info->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    folder_ = std::filesystem::path(testing::TempDir()) / ("dataset_" + name);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~DataSetFolder() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  // Movies 11, 12 and 13.
  void WriteMovies() {
    Write("movies.csv",
          "movieId,title,genres\n11,Harbour Lights (1988),Drama\n12,Paper Kites (1991),Comedy\n"
          "13,The Slow Train (2003),Drama|Romance\n");
  }
  Result<Dataset> Read() {
    rejects_.clear();
    return ReadDataset(
        folder_, [this](const Reject& reject) { rejects_.push_back(reject); }, {}, options_);
  }
  std::string ReasonOfError() {
    const auto dataset = Read();
    return dataset.ok() ? "(read)" : dataset.error().reason;
  }
  // What was rejected at the line: its reason and column, as "bad_number userId"; "none".
  std::string At(const std::string& file, std::uint64_t line) const {
    for (const auto& reject : rejects_) {
      if (reject.file == file && reject.line == line)
        return reject.reason + (reject.column.empty() ? "" : " " + reject.column);
    }
    return "none";
  }

  std::filesystem::path folder_;
  std::vector<Reject> rejects_;
  ReadOptions options_{.now = Time(std::chrono::seconds(1'700'000'000))};
};

}  // namespace marquee::ctl
