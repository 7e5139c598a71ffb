#include "ctl/files/data_set_files.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"

namespace marquee::ctl {
namespace {

namespace fs = std::filesystem;

struct Known {
  std::string_view name;
  TableForm form;
};

// The better ones first: of several, the first is read.
constexpr std::array kRatings = {Known{"ratings.csv", TableForm::kDelimited},
                                 Known{"ratings.dat", TableForm::kDoubleColons},
                                 Known{"u.data", TableForm::kTabs},
                                 Known{"ratings.jsonl", TableForm::kJsonLines},
                                 Known{"ratings.ndjson", TableForm::kJsonLines},
                                 Known{"ratings.json", TableForm::kJsonLines},
                                 Known{"ratings.tsv", TableForm::kDelimited},
                                 Known{"ratings.txt", TableForm::kDelimited},
                                 Known{"rating.csv", TableForm::kDelimited},
                                 Known{"ratings_small.csv", TableForm::kDelimited}};
constexpr std::array kMovies = {Known{"movies.csv", TableForm::kDelimited},
                                Known{"movies.dat", TableForm::kDoubleColons},
                                Known{"u.item", TableForm::kPipes},
                                Known{"movies.jsonl", TableForm::kJsonLines},
                                Known{"movies.ndjson", TableForm::kJsonLines},
                                Known{"movies.json", TableForm::kJsonLines},
                                Known{"movies.tsv", TableForm::kDelimited},
                                Known{"movies.txt", TableForm::kDelimited},
                                Known{"movie.csv", TableForm::kDelimited},
                                Known{"movies_metadata.csv", TableForm::kMoviesMetadata}};
constexpr std::array kLinks = {
    Known{"links.csv", TableForm::kDelimited}, Known{"link.csv", TableForm::kDelimited},
    Known{"links_small.csv", TableForm::kDelimited}, Known{"links.tsv", TableForm::kDelimited}};

constexpr std::string_view kWanted =
    "ratings.csv and movies.csv (links.csv if you like), ratings.dat and movies.dat, u.data and "
    "u.item, or ratings.jsonl and movies.jsonl; each may be .gz, and all may be in one .zip";

// The files of one folder by their names in lower case, without .gz.
using Listing = std::map<std::string, std::vector<Part>>;

std::string KeyOf(const std::string& file_name) {
  std::string key = AsciiLower(file_name);
  if (key.ends_with(".gz")) key.resize(key.size() - 3);
  return key;
}

bool IsPart(const std::string& name) {
  return name.starts_with("part-") && !name.ends_with(".crc");
}

void Sort(std::vector<Part>& parts) {
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.name < b.name; });
}

// What Spark wrote into a folder named as a file would be.
std::vector<Part> PartsOf(const fs::path& folder, const std::string& name) {
  std::vector<Part> parts;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string part = it->path().filename().string();
    if (IsPart(part)) parts.push_back({it->path(), "", name + "/" + part});
  }
  Sort(parts);
  return parts;
}

Result<Listing> ListFolder(const fs::path& folder, std::vector<std::string>& folders) {
  Listing listing;
  std::error_code error;
  fs::directory_iterator it(folder, error);
  if (error) {
    return Error::NotFound("unreadable_folder", "Can't read the folder " + folder.string() + ": " +
                                                    error.message() + ".");
  }
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (!fs::is_directory(it->path(), ignored)) {
      listing[KeyOf(name)].push_back({it->path(), "", name});
    } else if (auto parts = PartsOf(it->path(), name); !parts.empty()) {
      listing[KeyOf(name)] = std::move(parts);
    } else {
      folders.push_back(name);
    }
  }
  return listing;
}

// A data set's folder in a .zip is the one that has ratings; "" is the top.
Result<Listing> ListZipFolder(const fs::path& zip) {
  ASSIGN_OR_RETURN(const auto names, ListZip(zip));
  std::map<std::string, Listing> folders;
  for (const auto& name : names) {
    const auto slash = name.find_last_of("/\\");
    const std::string folder = slash == name.npos ? "" : name.substr(0, slash);
    const std::string file = slash == name.npos ? name : name.substr(slash + 1);
    if (file.empty() || name.starts_with("__MACOSX/")) continue;
    folders[folder][KeyOf(file)].push_back({zip, name, file});
  }
  const Listing* found = nullptr;
  for (const auto& [folder, listing] : folders) {
    const bool ratings =
        std::any_of(kRatings.begin(), kRatings.end(), [&listing = listing](const Known& known) {
          return listing.contains(std::string(known.name));
        });
    if (!ratings) continue;
    if (found != nullptr) {
      return Error::InvalidArgument("unknown_format",
                                    zip.string() +
                                        " has ratings in more than one folder: unpack it and "
                                        "import one of them.");
    }
    found = &listing;
  }
  if (found != nullptr) return *found;
  Listing all;
  for (const auto& [folder, listing] : folders) all.insert(listing.begin(), listing.end());
  return all;
}

template <std::size_t N>
Result<std::optional<TableFiles>> Find(const Listing& listing, const std::array<Known, N>& known,
                                       std::vector<std::string>& passed_over) {
  std::optional<TableFiles> found;
  for (const auto& [name, form] : known) {
    const auto at = listing.find(std::string(name));
    if (at == listing.end()) continue;
    const auto& parts = at->second;
    if (found) {
      passed_over.push_back(parts[0].name);
      continue;
    }
    const bool spark = parts[0].name.find('/') != std::string::npos;
    if (!spark && parts.size() > 1) {
      return Error::InvalidArgument(
          "unknown_format",
          "There are both " + parts[0].name + " and " + parts[1].name + ": take one of them away.");
    }
    found = TableFiles{std::string(name), form, parts};
    if (!spark) found->name = parts[0].name;
  }
  return found;
}

std::string Seen(const Listing& listing, const std::vector<std::string>& folders) {
  constexpr std::size_t kMostNames = 12;
  std::vector<std::string> names;
  for (const auto& [key, parts] : listing) names.push_back(parts[0].name);
  for (const auto& folder : folders) names.push_back(folder + "/");
  if (names.empty()) return "nothing";
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNames)
    text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> Part::Open() const {
  return in_zip.empty() ? OpenFile(path) : OpenInZip(path, in_zip);
}

Result<DataSetFiles> FindDataSet(const fs::path& folder_or_zip) {
  std::error_code error;
  const auto status = fs::status(folder_or_zip, error);
  if (status.type() == fs::file_type::none) {
    return Error::NotFound("unreadable_folder",
                           "Can't read " + folder_or_zip.string() + ": " + error.message() + ".");
  }
  if (!fs::exists(status)) {
    return Error::NotFound("no_such_folder", "There is no folder " + folder_or_zip.string() + ".");
  }
  std::vector<std::string> folders;
  Listing listing;
  if (fs::is_directory(status)) {
    ASSIGN_OR_RETURN(listing, ListFolder(folder_or_zip, folders));
  } else if (AsciiLower(folder_or_zip.extension().string()) == ".zip") {
    ASSIGN_OR_RETURN(listing, ListZipFolder(folder_or_zip));
  } else {
    return Error::InvalidArgument("no_such_folder",
                                  folder_or_zip.string() +
                                      " is neither a folder nor a .zip: name the folder that has "
                                      "the movies and the ratings.");
  }
  DataSetFiles files;
  ASSIGN_OR_RETURN(auto ratings, Find(listing, kRatings, files.passed_over));
  ASSIGN_OR_RETURN(auto movies, Find(listing, kMovies, files.passed_over));
  ASSIGN_OR_RETURN(files.links, Find(listing, kLinks, files.passed_over));
  if (!ratings || !movies) {
    const std::string what = !ratings && !movies ? "no data set"
                             : !ratings          ? "no ratings"
                                                 : "no movies";
    return Error::InvalidArgument(
        "unknown_format", folder_or_zip.string() + " has " + what + " that is known here. Seen: " +
                              Seen(listing, folders) + ". Wanted: " + std::string(kWanted) + ".");
  }
  files.ratings = std::move(*ratings);
  files.movies = std::move(*movies);
  return files;
}

}  // namespace marquee::ctl
