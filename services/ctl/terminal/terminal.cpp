#include "ctl/terminal/terminal.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/text.h"

namespace marquee::ctl {
namespace {

bool LooksNumeric(std::string_view cell) {
  return !cell.empty() && cell.find_first_of("0123456789") != std::string_view::npos &&
         cell.find_first_not_of("0123456789.,+-%/s ") == std::string_view::npos;
}

std::string Cut(const std::string& text, std::size_t most) {
  if (DisplayWidth(text) <= most) return text;
  std::size_t bytes = 0;
  for (std::size_t points = 0; bytes < text.size(); ++bytes) {
    if ((static_cast<unsigned char>(text[bytes]) & 0xC0) != 0x80 && points++ == most - 1) break;
  }
  return text.substr(0, bytes) + "…";
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) { return CodePoints(text); }

std::string Grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string Fixed(double number, int decimals) { return fmt::format("{:.{}f}", number, decimals); }

std::string Table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t most_width) {
  std::vector<std::size_t> widths(header.size());
  std::vector<bool> numeric(header.size(), !rows.empty());
  for (std::size_t c = 0; c < header.size(); ++c) widths[c] = DisplayWidth(header[c]);
  std::vector<std::vector<std::string>> cells = rows;
  for (auto& row : cells) {
    row.resize(header.size());
    for (std::size_t c = 0; c < header.size(); ++c) {
      row[c] = Cut(row[c], most_width);
      widths[c] = std::max(widths[c], DisplayWidth(row[c]));
      if (!row[c].empty() && !LooksNumeric(row[c])) numeric[c] = false;
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (std::size_t c = 0; c < header.size(); ++c) {
      const std::string pad(widths[c] - DisplayWidth(row[c]), ' ');
      text += numeric[c] ? pad + row[c] : row[c] + pad;
      if (c + 1 < header.size()) text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(header);
  std::string rule;
  for (std::size_t c = 0; c < header.size(); ++c) {
    for (std::size_t i = 0; i < widths[c]; ++i) rule += "─";
    if (c + 1 < header.size()) rule += "  ";
  }
  out += rule + "\n";
  for (const auto& row : cells) line(row);
  return out;
}

ProgressBar::ProgressBar(std::string label, std::int64_t total, bool quiet)
    : label_(std::move(label)),
      total_(total),
      live_(!quiet && isatty(STDERR_FILENO) != 0),
      started_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() { Finish(); }

void ProgressBar::Set(std::int64_t done) {
  done_ = done;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < std::chrono::milliseconds{100}) return;
  drawn_ = now;
  Draw(false);
}

void ProgressBar::Finish() {
  if (finished_) return;
  finished_ = true;
  Draw(true);
}

void ProgressBar::Draw(bool last) {
  if (!live_) return;
  constexpr int kWidth = 24;
  const double share =
      total_ > 0 ? std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0)
                 : 1;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  if (total_ == 0) {
    std::fputs(fmt::format("\r\x1b[K{:<22} {}  {}/s{}", label_, Grouped(done_),
                           Grouped(static_cast<std::int64_t>(rate)), last ? "\n" : "")
                   .c_str(),
               stderr);
    std::fflush(stderr);
    return;
  }
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < static_cast<int>(share * kWidth + 0.5) ? "━" : "╌";
  std::string tail;
  if (last) {
    tail = fmt::format("{:.1f} s", seconds);
  } else if (rate > 0 && share > 0.01) {
    const auto left = static_cast<long>(static_cast<double>(total_ - done_) / rate);
    tail = fmt::format("{}:{:02} left", left / 60, left % 60);
  }
  std::fputs(
      fmt::format("\r\x1b[K{:<22} {} {:>3.0f} %  {}  {}/s  {}{}", label_, bar, share * 100,
                  Grouped(done_), Grouped(static_cast<std::int64_t>(rate)), tail, last ? "\n" : "")
          .c_str(),
      stderr);
  std::fflush(stderr);
}

bool AskYes(const std::string& prompt) {
  if (isatty(STDIN_FILENO) == 0) return false;
  std::fputs(prompt.c_str(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

std::string AskSecret(const std::string& prompt) {
  if (isatty(STDIN_FILENO) == 0) return {};
  std::fputs(prompt.c_str(), stderr);
  termios old{};
  tcgetattr(STDIN_FILENO, &old);
  termios silent = old;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::string secret;
  std::getline(std::cin, secret);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
  std::fputs("\n", stderr);
  return secret;
}

std::string Asked(const std::string& given, const std::string& prompt) {
  if (!given.empty()) return given;
  std::string answer = AskSecret(prompt);
  if (answer.empty()) std::getline(std::cin, answer);
  return answer;
}

}  // namespace marquee::ctl
