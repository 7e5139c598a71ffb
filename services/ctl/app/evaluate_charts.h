// Charts as inline SVG, coloured by the page's style sheet (classes s0 to s7, and a, g, z, t: axes,
// grid, the line at zero, text), so that light and dark are the page's concern. Labels are escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::ctl {

inline constexpr std::size_t kChartColours = 8;  // then they come again, with other shapes

// A value, with what it may vary by on either side.
struct ChartValue {
  double value = 0;
  double error = 0;
};

// A line for each label, its value as a dot with its error as a bar: left to right.
struct DotRow {
  std::string label;
  std::optional<ChartValue> value;
  std::string shown;  // beside the dot
  std::size_t series = 0;
};
// `zero`: the axis holds 0, with a line there.
std::string DotChart(std::string_view title, const std::vector<DotRow>& rows, bool zero,
                     bool percent);

// A line for each series over the categories, from left to right.
struct LineSeries {
  std::string label;
  std::vector<std::optional<ChartValue>> values;  // beside the categories
  std::size_t series = 0;
};
std::string LineChart(std::string_view title, const std::vector<std::string>& categories,
                      const std::vector<LineSeries>& series, bool percent);

// How often intervals hold what they should: 0 to 1 both, and the diagonal of those that keep word.
struct CalibrationSeries {
  std::string label;
  std::vector<std::pair<double, double>> points;  // promised, kept
  std::size_t series = 0;
};
std::string CalibrationChart(std::string_view title, const std::vector<CalibrationSeries>& series);

// What the shapes and colours stand for.
std::string Legend(const std::vector<std::pair<std::string, std::size_t>>& series);

}  // namespace marquee::ctl
