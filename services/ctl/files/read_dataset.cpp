#include "ctl/files/read_dataset.h"

#include "ctl/files/intake.h"

namespace marquee::ctl {

Result<Dataset> ReadDataset(const std::filesystem::path& folder, const RejectSink& reject,
                            const ReadProgress& progress, const ReadOptions& options) {
  ASSIGN_OR_RETURN(const auto files, FindDataSet(folder));
  return ReadDataset(files, reject, progress, options);
}

Result<Dataset> ReadDataset(const DataSetFiles& files, const RejectSink& reject,
                            const ReadProgress& progress, const ReadOptions& options) {
  Dataset dataset;
  dataset.report.passed_over = files.passed_over;
  Intake intake(dataset, reject, progress, options);
  RETURN_IF_ERROR(intake.ReadMovies(files.movies, files.links));
  if (files.links && files.movies.form != TableForm::kMoviesMetadata)
    RETURN_IF_ERROR(intake.ReadLinks(*files.links));
  RETURN_IF_ERROR(intake.ReadRatings(files.ratings));
  intake.DropDuplicates();
  if (progress) progress(1);
  return dataset;
}

}  // namespace marquee::ctl
