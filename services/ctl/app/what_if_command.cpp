// marqueectl what-if: the list that other ratings would give, and what moves it.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

template <typename Number>
bool Read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "318=4.5" or "318=none".
Result<json> ReadChange(const std::string& text) {
  const auto equals = text.find('=');
  std::int64_t movie = 0;
  float stars = 0;
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (!Read(std::string_view(text).substr(0, equals), movie) ||
      (value != "none" && !Read(value, stars))) {
    return Error::InvalidArgument("bad_change", "\"" + text +
                                                    "\" is no change: say MOVIE=STARS or "
                                                    "MOVIE=none, with the movie's id.");
  }
  json change{{"movie_id", movie}};
  if (value != "none") change["value"] = stars;
  return change;
}

std::string PlaceBefore(const json& movie) {
  return movie.contains("place_before") && !movie["place_before"].is_null()
             ? std::to_string(movie["place_before"].get<int>())
             : "new";
}

// The ratings that move it most, with how far.
std::string MovedBy(const json& movie) {
  constexpr std::size_t kShown = 2;
  std::string text;
  std::size_t shown = 0;
  for (const auto& one : movie.value("moved_by", json::array())) {
    if (shown++ == kShown) break;
    text += fmt::format("{}{} {:+.3f}", text.empty() ? "" : ", ", TitleOf(one),
                        one.value("change", 0.0));
  }
  return text;
}

}  // namespace

int WhatIf(const Context& context, const WhatIfFlags& flags) {
  json changes = json::array();
  for (const auto& text : flags.changes) {
    auto change = ReadChange(text);
    if (!change.ok()) return Fail(context, change.error());
    changes.push_back(std::move(*change));
  }
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", "/v1/me/recommendations:what-if",
                                json{{"changes", changes}, {"count", flags.count}});
  if (!answer.ok()) return Fail(context, answer.error());
  std::vector<std::vector<std::string>> rows;
  for (const auto& movie : answer->value("recommendations", json::array())) {
    rows.push_back({std::to_string(rows.size() + 1), PlaceBefore(movie), TitleOf(movie),
                    Fixed(movie.value("score", 0.0), 3), MovedBy(movie)});
  }
  std::string text = Table({"#", "was", "movie", "score", "moved by"}, rows, 60);
  std::string dropped;
  for (const auto& movie : answer->value("dropped", json::array()))
    dropped += fmt::format("{}{}", dropped.empty() ? "" : ", ", TitleOf(movie));
  if (!dropped.empty()) text += "\nNo longer among them: " + dropped + ".\n";
  if (answer->value("degraded", false))
    text += "\nThis is the popular list: nothing would be left to go by.\n";
  return Show(context, *answer, text);
}

}  // namespace marquee::ctl
