// datagen: a demo data set.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ctl/app/commands.h"
#include "ctl/domain/datagen.h"
#include "ctl/domain/dataset.h"
#include "ctl/files/films.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {

int Datagen(const Context& context, const DatagenFlags& flags) {
  const auto films = ReadVegaFilms(flags.films);
  if (!films.ok()) return Fail(context, films.error());
  const auto dataset = GenerateAudience(
      *films, {.users = flags.users, .ratings = flags.ratings, .seed = flags.seed});
  if (!dataset.ok()) return Fail(context, dataset.error());
  if (const auto status = WriteCsv(*dataset, flags.out); !status.ok())
    return Fail(context, status.error());
  const nlohmann::json value{{"folder", flags.out.string()},
                             {"movies", dataset->movies.size()},
                             {"users", flags.users},
                             {"ratings", dataset->ratings.size()},
                             {"seed", flags.seed}};
  return Show(context, value,
              fmt::format("Wrote {} movies and {} ratings of {} simulated users to {} (seed {}).\n",
                          Grouped(static_cast<std::int64_t>(dataset->movies.size())),
                          Grouped(static_cast<std::int64_t>(dataset->ratings.size())),
                          Grouped(flags.users), flags.out.string(), flags.seed));
}

}  // namespace marquee::ctl
