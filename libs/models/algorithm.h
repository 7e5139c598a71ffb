// The seam behind which every algorithm stands (docs/adr/0303-one-seam-for-algorithms.md). An
// algorithm is a folder here with four things: its options, Fit (fitting.h), its parameters under
// its own prefix, and a Scorer. Whoever serves, stores or judges models knows these and no
// algorithm.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "models/matrix_view.h"
#include "models/predictive.h"
#include "models/tensor.h"
#include "models/top_n.h"

namespace marquee::models {

// What a fit leaves and a scorer is made of: arrays and numbers by name, each under its algorithm's
// prefix ("ials.item_factors"), which is how they lie in an artefact. The arrays are views.
struct Parameters {
  std::vector<Tensor> tensors;
  std::map<std::string, float, std::less<>> numbers;
  std::vector<std::shared_ptr<const void>> storage;  // keeps what the tensors view

  // InvalidArgument "model_unfit" that names what is missing or of another shape.
  Result<float> Number(std::string_view name) const;
  Result<MatrixView> Matrix(std::string_view name, int32_t rows) const;  // f32 [rows, any]
  Result<std::span<const float>> Vector(std::string_view name, size_t size) const;
  // items × items, of `name`.offsets [items + 1] i64, .columns [nnz] i32, .values [nnz] f32.
  Result<SparseView> Sparse(const std::string& name, int32_t items) const;
  bool Has(std::string_view name) const;

  // Keeps the value, for tensors that view it.
  template <typename Value>
  const Value& Keep(Value value) {
    auto kept = std::make_shared<const Value>(std::move(value));
    const Value& view = *kept;
    storage.push_back(std::move(kept));
    return view;
  }

  void Add(const std::string& name, MatrixView matrix);
  void Add(const std::string& name, SparseView matrix);
  void Add(const std::string& name, std::span<const float> vector);
  void Add(Parameters other);  // of another algorithm
};

Error Unfit(std::string message);  // "model_unfit"

// One person's history as an algorithm understands it. It views the history and the scorer.
class Profile {
 public:
  virtual ~Profile() = default;

  // scores[i] += weight · (item i's score) for every item.
  virtual void AddScores(float weight, std::span<float> scores) const = 0;
  // Whether AddEstimates is much cheaper than AddScores.
  virtual bool HasEstimates() const { return false; }
  // The same, roughly, all of it [items]: where scores[i] was within errors[i] of what AddScores is
  // given, it is so afterwards; an error that is no number says nothing. `exact` becomes the scores as
  // they were before the first estimate; it comes as zeros.
  virtual void AddEstimates(float weight, std::span<float> scores, std::span<float> errors,
                            std::span<float> exact) const;
  // What AddScores adds for items[i] to scores[i], which are zeros, to the bit; `exact` is what
  // AddEstimates made of zeros with the same weight.
  virtual void AddScoresOf(std::span<const int32_t> items, float weight,
                           std::span<const float> exact, std::span<float> scores) const;
  // One item's score; of an item out of range, what the person alone tells (0 for most algorithms).
  virtual float Score(int32_t item) const = 0;
  // shares[j] += weight · (what the history's j-th rating adds to the item's score). They sum to
  // the score, less what doesn't depend on the history.
  virtual void AddShares(int32_t item, float weight, std::span<float> shares) const = 0;
  // The same of several items, [items], each with a weight; shares: [items, history]. For
  // algorithms that have much in common to work out.
  virtual void AddSharesOf(std::span<const int32_t> items, std::span<const float> weights,
                           std::span<float> shares) const;
  // Whether the history's j-th rating is so far below the person's own level that it takes from what
  // it would otherwise support.
  virtual bool Dislikes(size_t) const { return false; }
  // What else is believed of one item's rating: of algorithms for ratings, those that say.
  virtual std::optional<Predictive> Predict(int32_t) const { return std::nullopt; }
};

// What rounding adds to an error, with terms of this size: a few times what float loses.
inline float RoundingOf(float magnitude) { return 0x1p-21F * magnitude; }

// Made of parameters, which it views; immutable; any number of threads. Items are dense indices,
// and those out of range in a history are ignored.
class Scorer {
 public:
  virtual ~Scorer() = default;

  virtual std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const = 0;
  // Items like this one (which is in range), best first, without itself.
  virtual std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const = 0;
};

// Checks the parameters, whole. InvalidArgument "model_unfit".
using Load = Result<std::shared_ptr<const Scorer>>(const Parameters& parameters, int32_t items);

}  // namespace marquee::models
