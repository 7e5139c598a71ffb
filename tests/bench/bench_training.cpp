// Seconds for one iteration of iALS and where they go, on generated data.
//   bench_training [--users N] [--items N] [--ratings N] [--factors 64,128] [--iterations N]
//                  [--threads N] [--cg-steps N] [--solver cg|cholesky] [--half 0|1]
//                  [--alpha A] [--regularization L] [--dump FILE]
// --dump writes the matrix for training_vs_implicit.py: int64 users, items, nonzeros; int64
// offsets; int32 columns; float values.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include "models/ials/ials.h"
#include "models/kernels.h"
#include "models/parallel.h"
#include "synthetic.h"

namespace {

using marquee::models::IalsModel;
using marquee::models::IalsOptions;
using marquee::models::IalsSolver;
using marquee::models::RatingMatrix;

class Arguments {
 public:
  Arguments(int count, char** values) {
    for (int i = 1; i + 1 < count; i += 2) given_[values[i]] = values[i + 1];
  }
  double Number(const std::string& name, double otherwise) const {
    const auto found = given_.find("--" + name);
    return found == given_.end() ? otherwise : std::atof(found->second.c_str());
  }
  std::string Text(const std::string& name, const std::string& otherwise) const {
    const auto found = given_.find("--" + name);
    return found == given_.end() ? otherwise : found->second;
  }

 private:
  std::map<std::string, std::string> given_;
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

template <typename T>
void WriteAll(std::ofstream& out, const std::vector<T>& values) {
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
}

void Dump(const RatingMatrix& matrix, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  WriteAll(out, std::vector<int64_t>{matrix.users(), matrix.items(), matrix.nonzeros()});
  WriteAll(out, matrix.by_user().offsets);
  WriteAll(out, matrix.by_user().columns);
  WriteAll(out, matrix.by_user().values);
}

void Bench(const RatingMatrix& matrix, int factors, const Arguments& arguments) {
  IalsOptions options;
  options.factors = factors;
  options.iterations = static_cast<int>(arguments.Number("iterations", 5));
  options.regularization = static_cast<float>(arguments.Number("regularization", 0.05));
  options.regularization_exponent = 0;
  options.alpha = static_cast<float>(arguments.Number("alpha", 10));
  options.cg_steps = static_cast<int>(arguments.Number("cg-steps", factors < 128 ? 2 : 3));
  options.half_precision = arguments.Number("half", 1) != 0;
  options.threads = static_cast<int>(arguments.Number("threads", 0));
  if (arguments.Text("solver", "cg") == "cholesky") options.solver = IalsSolver::kCholesky;
  double last = 0;
  double fastest = 1e9;
  // Processor seconds tell what an otherwise idle machine would take; wall time what this one took.
  std::clock_t cpu = std::clock();
  const std::clock_t cpu_start = cpu;
  options.progress = [&](const marquee::models::IalsProgress& progress) {
    std::printf("  iteration %d  loss %.6f  %.3f s, %.3f processor seconds\n", progress.iteration,
                progress.loss, progress.seconds - last,
                static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
    cpu = std::clock();
    fastest = std::min(fastest, progress.seconds - last);
    last = progress.seconds;
    return true;
  };
  std::printf("k = %d\n", factors);
  const auto model = marquee::models::TrainIals(matrix, options);
  if (!model.ok()) {
    std::printf("%s\n", model.error().ToString().c_str());
    std::exit(1);
  }
  const auto& t = model->timings;
  const double n = options.iterations;
  const double cpu_seconds = static_cast<double>(cpu - cpu_start) / CLOCKS_PER_SEC;
  std::printf(
      "k = %d: %.3f s per iteration (best %.3f; %.3f processor seconds): Gram %.3f, whitening "
      "%.3f, user side %.3f, "
      "item side %.3f\n",
      factors, last / n, fastest, cpu_seconds / n, t.gram / n, t.whitening / n, t.users / n,
      t.items / n);
}

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  marquee::bench::SyntheticOptions synthetic;
  synthetic.users = static_cast<int32_t>(arguments.Number("users", synthetic.users));
  synthetic.items = static_cast<int32_t>(arguments.Number("items", synthetic.items));
  synthetic.ratings =
      static_cast<int64_t>(arguments.Number("ratings", static_cast<double>(synthetic.ratings)));
  auto start = std::chrono::steady_clock::now();
  const RatingMatrix generated = Synthetic(synthetic);
  std::printf("generated %d users, %d items, %lld ratings in %.1f s; kernels %s, %d threads\n",
              generated.users(), generated.items(), static_cast<long long>(generated.nonzeros()),
              Seconds(start), marquee::models::BestKernels().name,
              marquee::models::ThreadCount(static_cast<int>(arguments.Number("threads", 0))));

  // As the trainer meets them: three columns.
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  for (int32_t user = 0; user < generated.users(); ++user) {
    for (const int32_t item : generated.by_user().RowColumns(user)) {
      users.push_back(user + 1);
      items.push_back(item + 1);
    }
  }
  start = std::chrono::steady_clock::now();
  const auto built = RatingMatrix::Build(users, items, generated.by_user().values);
  const double seconds = Seconds(start);
  if (!built.ok() || built->nonzeros() != generated.nonzeros()) return 1;
  std::printf("rating matrix from columns: %.2f s, %.1f million ratings/s\n", seconds,
              static_cast<double>(built->nonzeros()) / seconds / 1e6);

  if (const std::string path = arguments.Text("dump", ""); !path.empty()) Dump(*built, path);
  const std::string factors = arguments.Text("factors", "64,128");
  for (size_t at = 0; at < factors.size();) {
    const size_t comma = std::min(factors.find(',', at), factors.size());
    Bench(*built, std::atoi(factors.substr(at, comma - at).c_str()), arguments);
    at = comma + 1;
  }
  return 0;
}
