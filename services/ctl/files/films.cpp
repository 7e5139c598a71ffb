#include "ctl/files/films.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "ctl/files/byte_source.h"

namespace marquee::ctl {
namespace {

constexpr std::size_t kMostFilmsBytes = 64 << 20;

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Status WriteWhole(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    return Error::Unavailable("write_failed",
                              "Can't write " + temporary.string() + ": is the disk full?");
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error)
    return Error::Unavailable("write_failed",
                              "Can't write " + path.string() + ": " + error.message() + ".");
  return {};
}

}  // namespace

Result<std::vector<Film>> ReadVegaFilms(const std::filesystem::path& path) {
  auto text = ReadSmallFile(path, kMostFilmsBytes);
  if (!text.ok()) {
    text.error().message +=
        " It is the npm package vega-datasets' data/movies.json, which "
        "ci/bootstrap installs.";
    return std::move(text).error();
  }
  const auto parsed = nlohmann::json::parse(*text, nullptr, false);
  if (!parsed.is_array())
    return Error::InvalidArgument("bad_json", path.string() + " is not a JSON list of films.");
  std::map<std::pair<std::string, int>, std::size_t> seen;
  std::vector<Film> films;
  for (const auto& entry : parsed) {
    const auto title = entry.find("Title");
    if (title == entry.end() || title->is_null()) continue;
    Film film;
    film.title =
        title->is_string() ? title->get<std::string>() : title->dump();  // "300" is a number there
    const auto date = entry.value("Release Date", nlohmann::json());
    if (date.is_string() && date.get<std::string>().size() >= 4) {
      film.year =
          std::atoi(date.get<std::string>().substr(date.get<std::string>().size() - 4).c_str());
      // A two-digit century was guessed wrongly in the source: the films end in 2010.
      if (film.year > 2012) film.year -= 100;
    }
    const auto genre = entry.value("Major Genre", nlohmann::json());
    if (genre.is_string()) film.genre = genre.get<std::string>();
    const auto quality = entry.value("IMDB Rating", nlohmann::json());
    if (quality.is_number()) film.quality = quality.get<double>();
    const auto votes = entry.value("IMDB Votes", nlohmann::json());
    if (votes.is_number()) film.votes = votes.get<double>();
    const auto [at, fresh] = seen.try_emplace({film.title, film.year}, films.size());
    if (fresh) {
      films.push_back(std::move(film));
    } else if (film.votes > films[at->second].votes) {
      films[at->second] = std::move(film);
    }
  }
  return films;
}

Status WriteCsv(const Dataset& dataset, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error::Unavailable(
        "write_failed", "Can't make the folder " + folder.string() + ": " + error.message() + ".");
  }
  std::string movies = "movieId,title,genres\n";
  for (const auto& movie : dataset.movies) {
    std::string genres;
    for (const auto& genre : movie.genres) genres += (genres.empty() ? "" : "|") + genre;
    if (genres.empty()) genres = "(no genres listed)";
    const std::string year = movie.year != 0 ? " (" + std::to_string(movie.year) + ")" : "";
    movies += std::to_string(movie.id) + "," + CsvField(movie.title + year) + "," +
              CsvField(genres) + "\n";
  }
  std::string ratings = "userId,movieId,rating,timestamp\n";
  for (const auto& rating : dataset.ratings) {
    const int halves = static_cast<int>(rating.value * 2);
    ratings += std::to_string(rating.user_id) + "," + std::to_string(rating.movie_id) + "," +
               std::to_string(halves / 2) + (halves % 2 != 0 ? ".5," : ".0,") +
               std::to_string(rating.timestamp) + "\n";
  }
  RETURN_IF_ERROR(WriteWhole(folder / "movies.csv", movies));
  return WriteWhole(folder / "ratings.csv", ratings);
}

}  // namespace marquee::ctl
