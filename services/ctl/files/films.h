// Where a demo data set's films come from, and where it goes.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "ctl/domain/datagen.h"
#include "ctl/domain/dataset.h"

namespace marquee::ctl {

// The npm package vega-datasets' data/movies.json. Films without a title are left out; of films
// with one title and year the most voted for stays.
Result<std::vector<Film>> ReadVegaFilms(const std::filesystem::path& file);

// Writes movies.csv and ratings.csv as MovieLens does, each whole or not at all.
Status WriteCsv(const Dataset& dataset, const std::filesystem::path& folder);

}  // namespace marquee::ctl
