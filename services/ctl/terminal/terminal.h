// What a person sees: tables, bars and messages. Bars go to standard error and only to a terminal;
// results go to standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::ctl {

// Columns as wide as their widest cell, in characters; numbers (cells that look like one) to the
// right. A cell past `most_width` is cut with an ellipsis.
std::string Table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t most_width = 48);

std::size_t DisplayWidth(std::string_view utf8);  // code points; good enough for titles
std::string Grouped(std::int64_t number);         // 1,234,567
std::string Fixed(double number, int decimals);

// A bar that draws itself at most ten times a second, with the share, the rate and the time left:
//   Ratings into Kafka  ━━━━━━━━━━━━╌╌╌╌╌╌╌╌  61 %  12,345,678  142,000/s  0:42 left
// With a total of 0, which isn't known, only how many there are and the rate.
// Draws nothing when standard error is no terminal, or when quiet.
class ProgressBar {
 public:
  ProgressBar(std::string label, std::int64_t total, bool quiet = false);
  ~ProgressBar();  // leaves the last state on the screen
  void Set(std::int64_t done);
  void SetLabel(std::string label) { label_ = std::move(label); }
  void Finish();

 private:
  void Draw(bool last);
  std::string label_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  bool live_;
  bool finished_ = false;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
};

// Asks on the terminal; true for "yes". False when there is no terminal.
bool AskYes(const std::string& prompt);

// Asks on the terminal without echo. Empty when there is no terminal.
std::string AskSecret(const std::string& prompt);
// As given; else from the terminal, else the next line of standard input.
std::string Asked(const std::string& given, const std::string& prompt);

}  // namespace marquee::ctl
