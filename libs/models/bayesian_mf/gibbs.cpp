#include "models/bayesian_mf/gibbs.h"

#include <algorithm>

#include "models/bayesian_mf/chain.h"
#include "models/bayesian_mf/convergence.h"

namespace marquee::models::bayesian_mf {
namespace {

constexpr int kBlock = 10;

}  // namespace

Result<Posterior> Sample(const RatingMatrix& ratings, const ItemFeatures& features,
                         const GibbsOptions& options) {
  if (ratings.nonzeros() == 0)
    return Error::InvalidArgument("no_observations", "There is nothing to train on.");
  const RatingSplit split =
      HoldOut(ratings, options.held_out_share, options.most_held_out, options.seed);
  Chain chain(ratings, split.train, features, options);
  double rmse = 0;
  // Until it has settled; the number of sweeps that it took.
  const auto run = [&](int before, bool keep) -> Result<int> {
    Judge judge(split.held_out, keep ? 0 : kBlock);
    for (int done = 1;; ++done) {
      chain.Sweep(before + done, keep);
      rmse = judge.Add(chain.Predict(split.held_out));
      if (options.progress && !options.progress({before + done, 2 * options.most_sweeps, rmse}))
        return Error::Cancelled("training_cancelled", "The training was cancelled.");
      const bool settled = split.held_out.empty() || (done % kBlock == 0 && judge.Settled(rmse));
      if (done >= options.most_sweeps || (done >= options.least_sweeps && settled)) return done;
    }
  };
  ASSIGN_OR_RETURN(const int dropped, run(0, false));
  RETURN_IF_ERROR(run(dropped, true));
  Posterior posterior = chain.Kept();
  posterior.dropped = dropped;
  posterior.held_out_rmse = rmse;
  return posterior;
}

}  // namespace marquee::models::bayesian_mf
