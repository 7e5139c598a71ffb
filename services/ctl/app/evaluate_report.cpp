// The report: one page that needs nothing else, neither a server nor JavaScript.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/html.h"
#include "ctl/app/evaluate.h"
#include "ctl/app/evaluate_charts.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

constexpr double kNormal95 = 1.96;  // standard errors on either side of 95 %

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1a1d21; --faint: #5b636d; --paper: #fff; --line: #dfe3e8;
  --strong: #8a929c; --panel: #f6f7f9;
  --c0: #0067a8; --c1: #c24e00; --c2: #00805c; --c3: #a8447f; --c4: #8f6a00; --c5: #2f8fc4;
  --c6: #7a1f4f; --c7: #5f6b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --faint: #a3abb5; --paper: #14171b;
  --line: #323841; --strong: #79828d; --panel: #1d2127;
  --c0: #5fb4ec; --c1: #ff9a5c; --c2: #4fd0a4; --c3: #f19ccb; --c4: #e8c14d; --c5: #9bd3f5;
  --c6: #e58bb4; --c7: #c5d160; } }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; } .faint { color: var(--faint); }
svg { display: block; width: 100%; height: auto; } .legend svg { display: inline; width: 14px;
  vertical-align: -2px; }
.legend { list-style: none; padding: 0; margin: .25rem 0 .5rem; display: flex; flex-wrap: wrap;
  gap: .15rem 1.1rem; font-size: .9rem; }
.t { fill: var(--ink); font-size: 13px; } .g { stroke: var(--line); } .z { stroke: var(--strong);
  stroke-dasharray: 4 3; }
.s { fill: var(--c); } .e { stroke: var(--c); stroke-width: 2; } .l { stroke-width: 1;
  stroke-opacity: .55; }
.s0 { --c: var(--c0); } .s1 { --c: var(--c1); } .s2 { --c: var(--c2); } .s3 { --c: var(--c3); }
.s4 { --c: var(--c4); } .s5 { --c: var(--c5); } .s6 { --c: var(--c6); } .s7 { --c: var(--c7); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .55rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { background: var(--panel); }
td small { color: var(--faint); }
@media print { body { max-width: none; } h2 { break-after: avoid; } svg { break-inside: avoid; } }
)css";

std::optional<ChartValue> Charted(const std::optional<models::Estimate>& estimate) {
  if (!estimate || estimate->people == 0) return std::nullopt;
  return ChartValue{estimate->value, kNormal95 * estimate->standard_error};
}

std::string Section(std::string_view title, std::string_view text, const std::string& content) {
  if (content.empty()) return {};
  return fmt::format("<h2>{}</h2>\n<p class=\"faint\">{}</p>\n{}", EscapeHtml(title),
                     EscapeHtml(text), content);
}

std::string LegendOf(const Comparison& comparison) {
  std::vector<std::pair<std::string, std::size_t>> series;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m)
    series.emplace_back(comparison.methods[m].name, m);
  return Legend(series);
}

std::string MethodsSection(const Comparison& comparison, std::size_t at) {
  const Measure& measure = comparison.measures[at];
  std::vector<DotRow> rows;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    const auto& method = comparison.methods[m];
    rows.push_back(
        {method.name, Charted(EstimateOf(comparison, m, at)), Shown(measure, method.means[at]), m});
  }
  return Section(measure.label,
                 fmt::format("{} is better. Bars: 95 % of what it would be with other people. They "
                             "overlap far sooner than methods are alike: see the differences.",
                             measure.higher_is_better ? "Higher" : "Lower"),
                 DotChart(measure.label + " by method", rows, false, measure.percent));
}

std::string DifferencesSection(const Comparison& comparison, std::size_t at) {
  const Measure& measure = comparison.measures[at];
  const std::string& reference = comparison.methods[comparison.reference].name;
  std::vector<DotRow> rows;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    const auto difference = DifferenceOf(comparison, m, at);
    if (!difference) continue;
    rows.push_back(
        {comparison.methods[m].name, Charted(difference), Shown(measure, *difference), m});
  }
  return Section(
      measure.label + ", less " + reference + "'s",
      "Paired: the same people, the same folds. Bars: 95 %; where one crosses the dashed "
      "line, the difference may be chance. Beside it: ± the standard error.",
      DotChart(measure.label + " less " + reference + "'s", rows, true, measure.percent));
}

std::string FoldsSection(const Comparison& comparison, std::size_t at) {
  const Measure& measure = comparison.measures[at];
  std::vector<std::string> folds;
  for (int fold = 1; fold <= comparison.folds; ++fold)
    folds.push_back("fold " + std::to_string(fold));
  std::vector<LineSeries> series;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    LineSeries line{comparison.methods[m].name, {}, m};
    for (const Values& fold : comparison.methods[m].folds) {
      auto& value = line.values.emplace_back();
      if (fold[at]) value = ChartValue{*fold[at], 0};
    }
    series.push_back(std::move(line));
  }
  return Section(
      measure.label + " by fold", "Folds are of different people: compare within one.",
      LegendOf(comparison) + LineChart(measure.label + " by fold", folds, series, measure.percent));
}

std::string GroupsSection(const Comparison& comparison, std::size_t at) {
  const Measure& measure = comparison.measures[at];
  const auto groups = ByRatings(comparison, at);
  if (groups.size() < 2) return {};
  std::vector<std::string> labels;
  std::vector<LineSeries> series;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m)
    series.push_back({comparison.methods[m].name, {}, m});
  for (const Group& group : groups) {
    labels.push_back(fmt::format("{} ({})", group.label, Grouped(group.people)));
    for (std::size_t m = 0; m < series.size(); ++m)
      series[m].values.push_back(Charted(group.methods[m]));
  }
  return Section(measure.label + " by how many ratings a person gave",
                 "In brackets: how many people. Bars: 95 %.",
                 LegendOf(comparison) +
                     LineChart(measure.label + " by ratings", labels, series, measure.percent));
}

std::string CalibrationSection(const Comparison& comparison) {
  std::vector<CalibrationSeries> series;
  std::vector<std::pair<std::string, std::size_t>> legend;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    CalibrationSeries one{comparison.methods[m].name, {}, m};
    for (std::size_t i = 0; i < comparison.measures.size(); ++i) {
      const std::string& key = comparison.measures[i].key;
      const auto& value = comparison.methods[m].means[i];
      if (key.starts_with("coverage_") && value)
        one.points.emplace_back(std::stod(key.substr(key.find('_') + 1)) / 100, *value);
    }
    if (one.points.empty()) continue;
    legend.emplace_back(one.label, m);
    series.push_back(std::move(one));
  }
  if (series.empty()) return {};
  return Section("Calibration of intervals",
                 "How many of the ratings lie within intervals that should hold 50, 80 and 90 %. "
                 "Below the line: too sure; above: too cautious.",
                 Legend(legend) + CalibrationChart("Calibration of intervals", series));
}

std::string TableSection(const Comparison& comparison) {
  std::string table = "<div class=\"wide\"><table><thead><tr><th>method</th>";
  for (std::size_t i = 0; i < comparison.measures.size(); ++i) {
    if (AnyHas(comparison, i)) table += "<th>" + EscapeHtml(comparison.measures[i].label) + "</th>";
  }
  table += "</tr></thead><tbody>";
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    const MethodResult& method = comparison.methods[m];
    table += "<tr><td>" + EscapeHtml(method.name) + "</td>";
    for (std::size_t i = 0; i < comparison.measures.size(); ++i) {
      if (!AnyHas(comparison, i)) continue;
      table += "<td>" + Shown(comparison.measures[i], method.means[i]);
      if (const auto difference = DifferenceOf(comparison, m, i))
        table += "<br><small>" + Shown(comparison.measures[i], *difference) + "</small>";
      table += "</td>";
    }
    table += "</tr>";
  }
  return Section("All figures",
                 "Small: less " + comparison.methods[comparison.reference].name +
                     "'s, ± the paired difference's standard error.",
                 table + "</tbody></table></div>\n");
}

std::string OptionsSection(const Comparison& comparison) {
  std::string list;
  for (const MethodResult& method : comparison.methods) {
    std::string options;
    for (const auto& [name, value] : method.options)
      options += (options.empty() ? "" : ", ") + fmt::format("{} = {:g}", name, value);
    list +=
        fmt::format("<p><b>{}</b> ({}): {}</p>\n", EscapeHtml(method.name),
                    EscapeHtml(method.algorithm), options.empty() ? "none" : EscapeHtml(options));
  }
  return Section("Options", "What each was fitted with.", list);
}

}  // namespace

std::string ReportPage(const Comparison& comparison) {
  const std::string title = comparison.task + " on " + comparison.data;
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n"
      "<p>{2} ratings by {3} people of {4} movies. {5} folds, split {6}, seed {7}. "
      "By <code>marqueectl evaluate</code>.</p>\n",
      EscapeHtml(title), kStyle, Grouped(comparison.ratings), Grouped(comparison.users()),
      Grouped(comparison.movies), comparison.folds, EscapeHtml(comparison.split), comparison.seed);
  // One for each kind of method: those that rank and those that rate have no measure in common.
  std::vector<std::size_t> main;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    const auto measure = MainMeasure(comparison, m);
    if (measure && std::find(main.begin(), main.end(), *measure) == main.end())
      main.push_back(*measure);
  }
  for (const std::size_t at : main) {
    page += MethodsSection(comparison, at) + DifferencesSection(comparison, at) +
            FoldsSection(comparison, at) + GroupsSection(comparison, at);
  }
  page += CalibrationSection(comparison) + TableSection(comparison) + OptionsSection(comparison);
  return page + "</body>\n</html>\n";
}

Status WriteReport(const Comparison& comparison, const std::filesystem::path& file) {
  std::ofstream page(file, std::ios::binary | std::ios::trunc);
  page << ReportPage(comparison);
  page.close();
  if (page) return {};
  return Error::Unavailable(
      "report_unwritable",
      "--report: " + file.string() + " can't be written (" + std::strerror(errno) + ").");
}

}  // namespace marquee::ctl
