#include "ctl/files/read_dataset.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "ctl/files/json_line.h"

namespace marquee::ctl {
namespace {

constexpr std::size_t kMostLineBytes = 64 << 10;

// A file mapped for reading, its lines in order.
class Lines {
 public:
  static Result<Lines> Open(const std::filesystem::path& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (fd < 0 || fstat(fd, &info) != 0) {
      if (fd >= 0) close(fd);
      return Error::NotFound("unreadable_file", "Can't read " + path.string() + ".");
    }
    Lines lines;
    lines.name_ = path.filename().string();
    lines.size_ = static_cast<std::size_t>(info.st_size);
    if (lines.size_ > 0) {
      void* data = mmap(nullptr, lines.size_, PROT_READ, MAP_PRIVATE, fd, 0);
      if (data != MAP_FAILED) {
        madvise(data, lines.size_, MADV_SEQUENTIAL);
        lines.data_ = static_cast<const char*>(data);
      }
    }
    close(fd);
    if (lines.size_ > 0 && lines.data_ == nullptr) {
      return Error::NotFound("unreadable_file", "Can't map " + path.string() + ".");
    }
    if (std::string_view(lines.data_, lines.size_).starts_with("\xEF\xBB\xBF")) lines.at_ = 3;
    return lines;
  }
  Lines(Lines&& other) noexcept { *this = std::move(other); }
  Lines& operator=(Lines&& other) noexcept {
    std::swap(name_, other.name_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(at_, other.at_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~Lines() {
    if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
  }

  bool Next(std::string_view& line) {
    if (at_ >= size_) return false;
    const std::string_view rest(data_ + at_, size_ - at_);
    const auto end = rest.find('\n');
    line = rest.substr(0, end);
    at_ += end == std::string_view::npos ? rest.size() : end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return true;
  }
  std::uint64_t number() const { return number_; }
  const std::string& name() const { return name_; }
  double share() const {
    return size_ == 0 ? 1 : static_cast<double>(at_) / static_cast<double>(size_);
  }

 private:
  Lines() = default;
  std::string name_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
};

template <typename T>
bool ParseNumber(std::string_view text, T& value) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

void SplitOn(std::string_view line, std::string_view separator,
             std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const auto at = line.find(separator);
    fields.push_back(line.substr(0, at));
    if (at == std::string_view::npos) return;
    line.remove_prefix(at + separator.size());
  }
}

class Reader {
 public:
  Reader(Dataset& dataset, const RejectSink& reject, const ReadProgress& progress)
      : dataset_(dataset), reject_(reject), progress_(progress) {}

  Status ReadMoviesCsv(Lines lines) {
    std::string_view line;
    std::vector<std::string> fields;
    if (!lines.Next(line) || !SplitCsv(line, fields))
      return NoHeader(lines, "movieId,title,genres");
    const int id = Column(fields, {"movieid", "movie_id"});
    const int title = Column(fields, {"title"});
    const int genres = Column(fields, {"genres"});
    if (id < 0 || title < 0) return NoHeader(lines, "movieId,title,genres");
    while (lines.Next(line)) {
      if (!BeginMovie(lines, line)) continue;
      if (!SplitCsv(line, fields)) {
        Drop(lines, "unclosed_quote", line);
        continue;
      }
      const auto at = [&](int column) {
        return column >= 0 && column < static_cast<int>(fields.size())
                   ? std::string_view(fields[column])
                   : std::string_view();
      };
      AddMovie(lines, line, at(id), at(title), at(genres), '|');
    }
    return {};
  }

  Status ReadLinksCsv(Lines lines) {
    std::unordered_map<std::int64_t, std::size_t> index;
    for (std::size_t i = 0; i < dataset_.movies.size(); ++i) index[dataset_.movies[i].movie_id] = i;
    std::string_view line;
    std::vector<std::string_view> fields;
    lines.Next(line);
    while (lines.Next(line)) {
      if (line.empty()) continue;
      SplitOn(line, ",", fields);
      std::int64_t id = 0;
      if (fields.size() < 3 || !ParseNumber(fields[0], id)) {
        Drop(lines, "bad_link", line);
        continue;
      }
      const auto found = index.find(id);
      if (found == index.end()) continue;
      auto& movie = dataset_.movies[found->second];
      if (!fields[1].empty()) movie.imdb_id.assign("tt").append(fields[1]);
      ParseNumber(fields[2], movie.tmdb_id);
    }
    return {};
  }

  void ReadMoviesDat(Lines lines) {
    std::string_view line;
    std::vector<std::string_view> fields;
    while (lines.Next(line)) {
      const std::string text =
          IsUtf8(line) ? std::string(line) : Latin1ToUtf8(line);  // 1m is in Latin-1
      if (!BeginMovie(lines, text)) continue;
      SplitOn(text, "::", fields);
      if (fields.size() < 2) {
        Drop(lines, "missing_field", line);
        continue;
      }
      AddMovie(lines, text, fields[0], fields[1],
               fields.size() > 2 ? fields[2] : std::string_view(), '|');
    }
  }

  void ReadMovies100k(Lines lines) {
    static constexpr std::string_view kGenres[] = {
        "",          "Action",   "Adventure",   "Animation", "Children",
        "Comedy",    "Crime",    "Documentary", "Drama",     "Fantasy",
        "Film-Noir", "Horror",   "Musical",     "Mystery",   "Romance",
        "Sci-Fi",    "Thriller", "War",         "Western"};
    std::string_view line;
    std::vector<std::string_view> fields;
    while (lines.Next(line)) {
      const std::string text = IsUtf8(line) ? std::string(line) : Latin1ToUtf8(line);
      if (!BeginMovie(lines, text)) continue;
      SplitOn(text, "|", fields);
      if (fields.size() < 2) {
        Drop(lines, "missing_field", line);
        continue;
      }
      std::string genres;
      for (std::size_t i = 1; i < std::size(kGenres) && 5 + i < fields.size(); ++i) {
        if (fields[5 + i] == "1") genres.append(genres.empty() ? "" : "|").append(kGenres[i]);
      }
      AddMovie(lines, text, fields[0], fields[1], genres, '|');
    }
  }

  void ReadMoviesJson(Lines lines) {
    std::string_view line;
    while (lines.Next(line)) {
      if (!BeginMovie(lines, line)) continue;
      auto movie = ParseMovieLine(line);
      if (!movie.ok()) {
        Drop(lines, movie.error().reason, movie.error().message);
        continue;
      }
      KeepMovie(lines, line, std::move(*movie));
    }
  }

  Status ReadRatingsCsv(Lines lines) {
    std::string_view line;
    std::vector<std::string> header;
    if (!lines.Next(line) || !SplitCsv(line, header))
      return NoHeader(lines, "userId,movieId,rating,timestamp");
    const int user = Column(header, {"userid", "user_id"});
    const int movie = Column(header, {"movieid", "movie_id"});
    const int rating = Column(header, {"rating"});
    const int time = Column(header, {"timestamp"});
    if (user < 0 || movie < 0 || rating < 0)
      return NoHeader(lines, "userId,movieId,rating,timestamp");
    ReadRatings(lines, ",", user, movie, rating, time);
    return {};
  }

  void ReadRatings(Lines& lines, std::string_view separator, int user, int movie, int rating,
                   int time) {
    std::string_view line;
    std::vector<std::string_view> fields;
    while (lines.Next(line)) {
      if (!BeginRating(lines, line)) continue;
      SplitOn(line, separator, fields);
      const auto at = [&](int column) {
        return column >= 0 && column < static_cast<int>(fields.size()) ? fields[column]
                                                                       : std::string_view();
      };
      if (at(user).empty() || at(movie).empty() || at(rating).empty()) {
        Drop(lines, "missing_field", line);
        continue;
      }
      Rating row{};
      double value = 0;
      if (!ParseNumber(at(user), row.user_id) || !ParseNumber(at(movie), row.movie_id) ||
          !ParseNumber(at(rating), value) ||
          (!at(time).empty() && !ParseNumber(at(time), row.timestamp))) {
        Drop(lines, "bad_number", line);
        continue;
      }
      KeepRating(lines, line, row, value);
    }
  }

  void ReadRatingsJson(Lines lines) {
    std::string_view line;
    while (lines.Next(line)) {
      if (!BeginRating(lines, line)) continue;
      double value = 0;
      auto row = ParseRatingLine(line, value);
      if (!row.ok()) {
        Drop(lines, row.error().reason, row.error().message);
        continue;
      }
      KeepRating(lines, line, *row, value);
    }
  }

  // Of a user's ratings of one movie the last line stands.
  void DropDuplicates(const std::string& file) {
    auto& ratings = dataset_.ratings;
    std::vector<std::uint32_t> order(ratings.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto key_less = [&](std::uint32_t a, std::uint32_t b) {
      const auto& x = ratings[a];
      const auto& y = ratings[b];
      return std::tie(x.user_id, x.movie_id, a) < std::tie(y.user_id, y.movie_id, b);
    };
    if (!std::is_sorted(order.begin(), order.end(), key_less))
      std::sort(order.begin(), order.end(), key_less);
    std::vector<bool> superseded(ratings.size());
    bool any = false;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      const auto& row = ratings[order[i]];
      const auto& next = ratings[order[i + 1]];
      if (row.user_id != next.user_id || row.movie_id != next.movie_id) continue;
      superseded[order[i]] = any = true;
      Report(file, row.line, "duplicate", "superseded by line " + std::to_string(next.line));
    }
    if (!any) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ratings.size(); ++i) {
      if (!superseded[i]) ratings[kept++] = ratings[i];
    }
    ratings.resize(kept);
  }

 private:
  static int Column(const std::vector<std::string>& header,
                    std::initializer_list<std::string_view> names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      std::string name = header[i];
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      if (std::find(names.begin(), names.end(), name) != names.end()) return static_cast<int>(i);
    }
    return -1;
  }
  static Error NoHeader(const Lines& lines, const std::string& wanted) {
    return Error::InvalidArgument(
        "bad_header",
        lines.name() + " must begin with a header line that has the columns " + wanted + ".");
  }

  void Report(const std::string& file, std::uint64_t line, const std::string& reason,
              std::string_view detail) {
    ++dataset_.report.rejected[reason];
    if (reject_) reject_({file, line, reason, std::string(detail.substr(0, 200))});
  }
  void Drop(const Lines& lines, const std::string& reason, std::string_view detail) {
    Report(lines.name(), lines.number(), reason,
           IsUtf8(detail) ? detail : std::string_view("(not UTF-8)"));
  }

  // Common to every line: size, encoding, progress; false to skip it.
  bool Begin(const Lines& lines, std::string_view line, std::uint64_t& count) {
    if ((lines.number() & 0xFFFF) == 0 && progress_) progress_(lines.share());
    if (line.empty()) return false;
    ++count;
    if (line.size() > kMostLineBytes) {
      Drop(lines, "line_too_long", line.substr(0, 80));
      return false;
    }
    if (!IsUtf8(line)) {
      Drop(lines, "bad_utf8", "(not UTF-8)");
      return false;
    }
    return true;
  }
  bool BeginMovie(const Lines& lines, std::string_view line) {
    return Begin(lines, line, dataset_.report.movie_lines);
  }
  bool BeginRating(const Lines& lines, std::string_view line) {
    return Begin(lines, line, dataset_.report.rating_lines);
  }

  void AddMovie(const Lines& lines, std::string_view line, std::string_view id,
                std::string_view title, std::string_view genres, char separator) {
    Movie movie;
    if (id.empty() || title.empty()) {
      Drop(lines, "missing_field", line);
      return;
    }
    if (!ParseNumber(id, movie.movie_id)) {
      Drop(lines, "bad_number", line);
      return;
    }
    std::tie(movie.title, movie.year) = SplitTitle(title);
    if (genres != "(no genres listed)") {
      std::vector<std::string_view> names;
      SplitOn(genres, std::string_view(&separator, 1), names);
      for (const auto name : names) {
        if (!name.empty())
          movie.genres.push_back(name == "Children's" ? "Children" : std::string(name));
      }
    }
    KeepMovie(lines, line, std::move(movie));
  }

  void KeepMovie(const Lines& lines, std::string_view line, Movie movie) {
    if (movie.movie_id < 1) {
      Drop(lines, "id_out_of_range", line);
    } else if (movie.title.empty()) {
      Drop(lines, "missing_field", line);
    } else if (!known_.insert(movie.movie_id).second) {
      Drop(lines, "duplicate_movie", line);
    } else {
      dataset_.movies.push_back(std::move(movie));
    }
  }

  void KeepRating(const Lines& lines, std::string_view line, Rating row, double value) {
    constexpr std::int64_t kMostUserId = 999'999'999;  // accounts have the ids from there on
    if (row.user_id < 1 || row.user_id > kMostUserId || row.movie_id < 1) {
      Drop(lines, "id_out_of_range", line);
    } else if (!IsRatingValue(value)) {
      Drop(lines, "rating_out_of_range", line);
    } else if (row.timestamp < 0 || row.timestamp > 253'402'300'799) {  // the year 9999
      Drop(lines, "time_out_of_range", line);
    } else if (!known_.contains(row.movie_id)) {
      Drop(lines, "unknown_movie", line);
    } else {
      row.value = static_cast<float>(value);
      row.line = static_cast<std::uint32_t>(lines.number());
      dataset_.ratings.push_back(row);
    }
  }

  Dataset& dataset_;
  const RejectSink& reject_;
  const ReadProgress& progress_;
  std::unordered_set<std::int64_t> known_;
};

}  // namespace

std::string Latin1ToUtf8(std::string_view text) {
  std::string out;
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (c < 0x80) {
      out += raw;
    } else {
      out += static_cast<char>(0xC0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

bool SplitCsv(std::string_view line, std::vector<std::string>& fields) {
  fields.clear();
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        field += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.push_back(std::move(field));
      field.clear();
    } else {
      field += c;
    }
  }
  fields.push_back(std::move(field));
  return !quoted;
}

Result<Dataset> ReadDataset(const std::filesystem::path& folder, const RejectSink& reject,
                            const ReadProgress& progress) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return Error::NotFound("no_such_folder", "There is no folder " + folder.string() + ".");
  }
  const auto has = [&](const char* name) {
    return std::filesystem::exists(folder / name, ignored);
  };
  Dataset dataset;
  Reader reader(dataset, reject, progress);
  const auto open = [&](const char* name) { return Lines::Open(folder / name); };
  std::string ratings_file;
  if (has("ratings.csv") && has("movies.csv")) {
    dataset.format = "csv";
    ratings_file = "ratings.csv";
    ASSIGN_OR_RETURN(auto movies, open("movies.csv"));
    RETURN_IF_ERROR(reader.ReadMoviesCsv(std::move(movies)));
    if (has("links.csv")) {
      ASSIGN_OR_RETURN(auto links, open("links.csv"));
      RETURN_IF_ERROR(reader.ReadLinksCsv(std::move(links)));
    }
    ASSIGN_OR_RETURN(auto ratings, open("ratings.csv"));
    RETURN_IF_ERROR(reader.ReadRatingsCsv(std::move(ratings)));
  } else if (has("ratings.dat") && has("movies.dat")) {
    dataset.format = "dat";
    ratings_file = "ratings.dat";
    ASSIGN_OR_RETURN(auto movies, open("movies.dat"));
    reader.ReadMoviesDat(std::move(movies));
    ASSIGN_OR_RETURN(auto ratings, open("ratings.dat"));
    reader.ReadRatings(ratings, "::", 0, 1, 2, 3);
  } else if (has("u.data") && has("u.item")) {
    dataset.format = "100k";
    ratings_file = "u.data";
    ASSIGN_OR_RETURN(auto movies, open("u.item"));
    reader.ReadMovies100k(std::move(movies));
    ASSIGN_OR_RETURN(auto ratings, open("u.data"));
    reader.ReadRatings(ratings, "\t", 0, 1, 2, 3);
  } else if (has("ratings.jsonl") && has("movies.jsonl")) {
    dataset.format = "jsonl";
    ratings_file = "ratings.jsonl";
    ASSIGN_OR_RETURN(auto movies, open("movies.jsonl"));
    reader.ReadMoviesJson(std::move(movies));
    ASSIGN_OR_RETURN(auto ratings, open("ratings.jsonl"));
    reader.ReadRatingsJson(std::move(ratings));
  } else {
    return Error::InvalidArgument(
        "unknown_format",
        folder.string() +
            " has no data set that is known here: ratings.csv and movies.csv, ratings.dat and "
            "movies.dat, u.data and u.item, or ratings.jsonl and movies.jsonl.");
  }
  reader.DropDuplicates(ratings_file);
  if (progress) progress(1);
  return dataset;
}

}  // namespace marquee::ctl
