// The inner loops, compiled for several instruction sets and chosen at run time. Internal to this
// module. Plain functions over plain arrays: nothing inline from the standard library may be
// compiled into the per-ISA objects, or the linker could keep an AVX copy for every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace marquee::models {

// Rows are row-major with a stride of k floats. "padded k": a multiple of kLane, zeros at the end.
inline constexpr size_t kLane = 16;
inline constexpr size_t kMaxFactors = 1024;

constexpr size_t Padded(size_t k) { return (k + kLane - 1) / kLane * kLane; }

// One row's system in the eigenbasis of the fixed side's Gram matrix:
//   (D + Σ α·v_j·f_j·f_jᵀ)·x = Σ (w0 + α·v_j)·f_j,   D = w0·Λ + λ_row
struct RowSystem {
  const float* fixed;      // factors of the fixed side, padded k
  const uint16_t* halves;  // the same as IEEE half floats, or null: then these are read instead
  const int32_t* columns;  // which of them, n
  const float* values;     // v, n
  size_t n;
  size_t k;  // padded
  float alpha;
  float unobserved_weight;
  const float* diagonal;          // D, k
  const float* inverse_diagonal;  // 1/D, k
};

struct Kernels {
  const char* name;

  // out[r] = rows[r]·v for n contiguous rows; any k. A row's product is the same to the bit wherever
  // the row stands, by dot_gathered too.
  void (*dot_rows)(const float* rows, size_t n, size_t k, const float* v, float* out);
  // out[r] = rows[items[r]]·v
  void (*dot_gathered)(const float* rows, size_t k, const int32_t* items, size_t n, const float* v,
                       float* out);
  // out[r] = rows[r]·v for n contiguous rows of k bytes; k padded. The sums must fit 32 bits.
  void (*dot_bytes)(const int8_t* rows, size_t n, size_t k, const int16_t* v, int32_t* out);

  // estimates[r] = products[r]·(steps[r]·scale), errors[r] = reaches[r]·norm + the least normal float
  void (*bound)(const int32_t* products, const float* steps, const float* reaches, size_t n,
                float scale, float norm, float* estimates, float* errors);

  // The indices of those of n whose estimate + error isn't below the threshold, ascending; how many.
  size_t (*not_below)(const float* estimates, const float* errors, size_t n, float threshold,
                      uint32_t* found);

  // Whether cg_row takes halves; to_half rounds n floats (n a multiple of kLane) to them.
  bool takes_halves;
  void (*to_half)(const float* from, size_t n, uint16_t* to);

  // Preconditioned CG from x, `steps` steps, in place. scratch: 4·k floats. Returns the row's part
  // of the objective at the solution, less its constant Σ (w0 + α·v).
  double (*cg_row)(const RowSystem& system, int steps, float* x, float* scratch);

  // panel[j] = weights[j]·scale ∘ rows[columns[j]] for j < n; weights and scale may be null.
  // k floats are taken from each row, any k; the panel's rows have panel_k ≥ k floats, zero-filled.
  void (*gather)(const float* rows, size_t k, const int32_t* columns, size_t n,
                 const float* weights, const float* scale, size_t panel_k, float* panel);

  // a += panelᵀ·panel, at least the upper triangle; panel n × k, a k × k; k padded.
  void (*syrk)(const float* panel, size_t n, size_t k, float* a);

  // rows (n × k) ← rows·q (k × k), in place; k padded and at most kMaxFactors.
  void (*rotate)(float* rows, size_t n, size_t k, const float* q);

  // Upper triangle of a (k × k, stride k) ← U with UᵀU = a. False when a is not positive definite.
  bool (*cholesky)(float* a, size_t n, size_t stride);
  // b ← (UᵀU)⁻¹·b
  void (*cholesky_solve)(const float* u, size_t n, size_t stride, float* b);

  // b ← (UᵀU)⁻¹·b for many right-hand sides: b is n × columns, row-major.
  void (*cholesky_solve_many)(const float* u, size_t n, size_t stride, float* b, size_t columns);

  // out += Σ_j coefficients[j]·panel[j], panel n × k; any k.
  void (*combine)(const float* panel, size_t n, size_t k, const float* coefficients, float* out);
};

// The best for this processor, found once. MARQUEE_CPU is not read: tests name a level.
const Kernels& BestKernels();

// Every level that this processor can run, plainest first.
struct KernelList {
  const Kernels* items[4];
  size_t size;
};
KernelList RunnableKernels();

}  // namespace marquee::models
