#include "ctl/app/evaluate_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/html.h"

namespace marquee::ctl {
namespace {

constexpr double kWidth = 720;

// A range of values and where round ones are in it.
class Axis {
 public:
  Axis(double low, double high, double from, double to) : from_(from), to_(to) {
    const double span = high > low ? high - low : std::max(std::abs(high), 1e-3);
    step_ = std::pow(10, std::floor(std::log10(span / 4)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
      if (span / (step_ * factor) > 6) continue;
      step_ *= factor;
      break;
    }
    low_ = std::floor(low / step_) * step_;
    high_ = std::ceil(high / step_) * step_;
    if (high_ <= low_) high_ = low_ + step_;
  }
  double At(double value) const { return from_ + (value - low_) / (high_ - low_) * (to_ - from_); }
  std::vector<double> Ticks() const {
    std::vector<double> ticks;
    const auto count = std::lround((high_ - low_) / step_);
    for (long i = 0; i <= count; ++i) ticks.push_back(low_ + static_cast<double>(i) * step_);
    return ticks;
  }
  std::string Text(double tick, bool percent) const {
    const double step = percent ? 100 * step_ : step_;
    const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    const double shown = percent ? 100 * tick : tick;
    // Not −0.
    return fmt::format("{:.{}f}{}", std::abs(shown) < step / 1e6 ? 0.0 : shown, decimals,
                       percent ? " %" : "");
  }

 private:
  double from_;
  double to_;
  double step_ = 1;
  double low_ = 0;
  double high_ = 1;
};

struct Range {
  double low = 0;
  double high = 0;
  bool any = false;
  void Hold(double value) {
    low = any ? std::min(low, value) : value;
    high = any ? std::max(high, value) : value;
    any = true;
  }
  void Hold(const std::optional<ChartValue>& value) {
    if (!value) return;
    Hold(value->value - value->error);
    Hold(value->value + value->error);
  }
};

std::string Line(std::string_view kind, double x1, double y1, double x2, double y2) {
  return fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", kind,
                     x1, y1, x2, y2);
}

std::string Text(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format(R"(<text class="t" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y,
                     anchor, EscapeHtml(text));
}

// Shapes besides colours, for those who don't see these.
std::string Mark(std::size_t series, double x, double y) {
  const auto kind = fmt::format("s s{}", series % kChartColours);
  switch (series % 4) {
    case 1:
      return fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="9" height="9"/>)", kind,
                         x - 4.5, y - 4.5);
    case 2:
      return fmt::format(R"(<path class="{}" d="M{:.1f} {:.1f}l5.5 10h-11z"/>)", kind, x, y - 6);
    case 3:
      return fmt::format(R"(<path class="{}" d="M{:.1f} {:.1f}l6 6l-6 6l-6 -6z"/>)", kind, x,
                         y - 6);
    default:
      return fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="5"/>)", kind, x, y);
  }
}

std::string Picture(std::string_view title, double width, double height, const std::string& body) {
  return fmt::format(
      R"(<svg role="img" aria-label="{0}" viewBox="0 0 {1:.0f} {2:.0f}" style="max-width:{1:.0f}px">)"
      "<title>{0}</title>{3}</svg>\n",
      EscapeHtml(title), width, height, body);
}

// The longest label decides, as far as there is room.
double LabelWidth(const std::vector<DotRow>& rows) {
  std::size_t longest = 0;
  for (const DotRow& row : rows) longest = std::max(longest, row.label.size());
  return std::clamp(7.5 * static_cast<double>(longest) + 16, 90.0, 260.0);
}

}  // namespace

std::string DotChart(std::string_view title, const std::vector<DotRow>& rows, bool zero,
                     bool percent) {
  constexpr double kRow = 30;
  constexpr double kTop = 8;
  constexpr double kShown = 150;
  const double left = LabelWidth(rows);
  Range range;
  for (const DotRow& row : rows) range.Hold(row.value);
  if (!range.any) return {};
  if (zero) range.Hold(0.0);
  const Axis axis(range.low, range.high, left, kWidth - kShown);
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  std::string body;
  for (const double tick : axis.Ticks()) {
    body += Line("g", axis.At(tick), kTop, axis.At(tick), bottom);
    body += Text(axis.At(tick), bottom + 18, "middle", axis.Text(tick, percent));
  }
  if (zero) body += Line("z", axis.At(0), kTop, axis.At(0), bottom);
  double y = kTop + kRow / 2;
  for (const DotRow& row : rows) {
    body += Text(left - 10, y + 4, "end", row.label);
    body += Text(kWidth - kShown + 14, y + 4, "start", row.shown);
    if (row.value) {
      const auto& [value, error] = *row.value;
      body += Line(fmt::format("e s{}", row.series % kChartColours), axis.At(value - error), y,
                   axis.At(value + error), y);
      body += Mark(row.series, axis.At(value), y);
    }
    y += kRow;
  }
  return Picture(title, kWidth, bottom + 28, body);
}

std::string LineChart(std::string_view title, const std::vector<std::string>& categories,
                      const std::vector<LineSeries>& series, bool percent) {
  constexpr double kTop = 12;
  constexpr double kBottom = 280;
  constexpr double kLeft = 64;
  Range range;
  for (const LineSeries& one : series) {
    for (const auto& value : one.values) range.Hold(value);
  }
  if (!range.any || categories.empty()) return {};
  const Axis axis(range.low, range.high, kBottom, kTop);
  const double room = (kWidth - kLeft - 16) / static_cast<double>(categories.size());
  const auto x_of = [&](std::size_t category, std::size_t s) {
    // Beside one another, so that error bars can be told apart.
    const double shift = static_cast<double>(s) - static_cast<double>(series.size() - 1) / 2;
    const double apart = std::min(12.0, 0.6 * room / static_cast<double>(series.size()));
    return kLeft + room * (static_cast<double>(category) + 0.5) + shift * apart;
  };
  std::string body;
  for (const double tick : axis.Ticks()) {
    body += Line("g", kLeft, axis.At(tick), kWidth - 16, axis.At(tick));
    body += Text(kLeft - 8, axis.At(tick) + 4, "end", axis.Text(tick, percent));
  }
  for (std::size_t c = 0; c < categories.size(); ++c)
    body +=
        Text(kLeft + room * (static_cast<double>(c) + 0.5), kBottom + 20, "middle", categories[c]);
  for (std::size_t s = 0; s < series.size(); ++s) {
    const auto kind = fmt::format("e s{}", series[s].series % kChartColours);
    std::string marks;
    std::optional<std::pair<double, double>> before;
    for (std::size_t c = 0; c < categories.size(); ++c) {
      const auto& value = series[s].values[c];
      if (!value) {
        before.reset();
        continue;
      }
      const std::pair at(x_of(c, s), axis.At(value->value));
      if (before) body += Line(kind + " l", before->first, before->second, at.first, at.second);
      if (value->error > 0)
        body += Line(kind, at.first, axis.At(value->value - value->error), at.first,
                     axis.At(value->value + value->error));
      marks += Mark(series[s].series, at.first, at.second);
      before = at;
    }
    body += marks;
  }
  return Picture(title, kWidth, kBottom + 32, body);
}

std::string CalibrationChart(std::string_view title, const std::vector<CalibrationSeries>& series) {
  constexpr double kSide = 320;
  constexpr double kLeft = 64;
  constexpr double kTop = 12;
  if (series.empty()) return {};
  const Axis across(0, 1, kLeft, kLeft + kSide);
  const Axis up(0, 1, kTop + kSide, kTop);
  std::string body;
  for (const double tick : across.Ticks()) {
    body += Line("g", across.At(tick), kTop, across.At(tick), kTop + kSide);
    body += Line("g", kLeft, up.At(tick), kLeft + kSide, up.At(tick));
    body += Text(across.At(tick), kTop + kSide + 20, "middle", across.Text(tick, true));
    body += Text(kLeft - 8, up.At(tick) + 4, "end", up.Text(tick, true));
  }
  body += Line("z", across.At(0), up.At(0), across.At(1), up.At(1));
  for (const CalibrationSeries& one : series) {
    for (const auto& [promised, kept] : one.points)
      body += Mark(one.series, across.At(promised), up.At(kept));
  }
  body += Text(kLeft + kSide / 2, kTop + kSide + 44, "middle", "should hold");
  body += Text(kLeft + kSide + 12, up.At(1) + 4, "start", "held: as promised on the line");
  return Picture(title, kLeft + kSide + 240, kTop + kSide + 56, body);
}

std::string Legend(const std::vector<std::pair<std::string, std::size_t>>& series) {
  std::string legend = "<ul class=\"legend\">";
  for (const auto& [label, at] : series) {
    legend += "<li><svg viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">" +
              Mark(at, 7, 7) + "</svg> " + EscapeHtml(label) + "</li>";
  }
  return legend + "</ul>\n";
}

}  // namespace marquee::ctl
