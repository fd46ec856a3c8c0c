#include "kernels.h"

#include <array>
#include <limits>
#include <type_traits>

#include "algorithms.h"
#include "half.h"
#include "names.h"
#include "spans.h"

namespace paramwise {

namespace {

// Elements of one round of the loop, and how many bytes ahead of it memory is asked for. Left to itself the processor
// does not fetch far enough. From 1,800 to 3,000 bytes a step takes the same time; at 1,000 it takes a third more.
constexpr int64_t kBlock = 64;
constexpr int64_t kAheadBytes = 2560;

template <typename Stored>
PARAMWISE_INLINE void prefetch(const Stored* values) {
  constexpr int64_t kLine = 64 / sizeof(Stored);
  constexpr int64_t kAhead = kAheadBytes / sizeof(Stored);
  for (int64_t i = 0; i < kBlock; i += kLine) __builtin_prefetch(values + kAhead + i);
}

template <int States, typename Stored>
PARAMWISE_INLINE void prefetch_all(const StepItem& item, int64_t begin) {
  prefetch(static_cast<const Stored*>(item.value) + begin);
  prefetch(static_cast<const Stored*>(item.gradient) + begin);
  for (int state = 0; state < States; state++) prefetch(static_cast<const Stored*>(item.states[state]) + begin);
}

// As a T. What is beyond the largest becomes infinite, which C++ leaves open.
template <typename T>
PARAMWISE_INLINE T rounded_to(double value) {
  using Limits = std::numeric_limits<T>;
  if (value > Limits::max()) return Limits::infinity();
  if (value < Limits::lowest()) return -Limits::infinity();
  return static_cast<T>(value);
}

// What one parameter's step computes, in the type that it computes in.
template <typename Algorithm, typename T>
struct Arithmetic {
  Algorithm algorithm;
  T factor, limit;  // of the gradient

  explicit Arithmetic(const StepItem& item)
      : algorithm(constants_of(item).data()),
        factor(rounded_to<T>(item.gradient_factor)),
        limit(rounded_to<T>(item.gradient_limit)) {}

 private:
  static std::array<T, kMaxConstants> constants_of(const StepItem& item) {
    std::array<T, kMaxConstants> constants{};
    for (int i = 0; i < Algorithm::kConstants; i++) constants[i] = rounded_to<T>(item.constants[i]);
    return constants;
  }
};

// The arithmetic of `count` elements.
template <typename Algorithm, typename T>
PARAMWISE_INLINE void run_block(const Arithmetic<Algorithm, T>& arithmetic, const StepItem& item, int64_t begin,
                                int64_t count) {
  constexpr int kStates = Algorithm::kStates;
  T* __restrict value = static_cast<T*>(item.value);
  const T* __restrict gradient = static_cast<const T*>(item.gradient);
  T* __restrict state0 = static_cast<T*>(item.states[0]);
  T* __restrict state1 = static_cast<T*>(item.states[1]);
  T* __restrict state2 = static_cast<T*>(item.states[2]);
  const Algorithm& algorithm = arithmetic.algorithm;
  const T factor = arithmetic.factor;
  const T limit = arithmetic.limit;
#pragma GCC ivdep
  for (int64_t i = begin; i < begin + count; i++) {
    T state[3];
    if constexpr (kStates > 0) state[0] = state0[i];
    if constexpr (kStates > 1) state[1] = state1[i];
    if constexpr (kStates > 2) state[2] = state2[i];
    T element = value[i];
    T g = gradient[i] * factor;
    g = g < -limit ? -limit : g;
    g = g > limit ? limit : g;
    algorithm.apply(element, g, state);
    value[i] = element;
    if constexpr (kStates > 0) state0[i] = state[0];
    if constexpr (kStates > 1) state1[i] = state[1];
    if constexpr (kStates > 2) state2[i] = state[2];
  }
}

// A block of a half type as float32.
struct Wide {
  float value[kBlock];
  float gradient[kBlock];
  float states[kMaxStates][kBlock];
};

// Half types are only stored: a block is widened, stepped in float32 and narrowed.
template <typename Algorithm, typename Half>
PARAMWISE_INLINE void run_half_block(const Arithmetic<Algorithm, float>& arithmetic, const StepItem& item,
                                     int64_t begin, int64_t count) {
  Wide wide;
  StepItem block = item;
  block.value = wide.value;
  block.gradient = wide.gradient;
  Half* const value = static_cast<Half*>(item.value) + begin;
  widen(value, wide.value, count);
  widen(static_cast<const Half*>(item.gradient) + begin, wide.gradient, count);
  for (int i = 0; i < Algorithm::kStates; i++) {
    block.states[i] = wide.states[i];
    widen(static_cast<const Half*>(item.states[i]) + begin, wide.states[i], count);
  }
  run_block(arithmetic, block, 0, count);
  narrow(wide.value, value, count);
  for (int i = 0; i < Algorithm::kStates; i++)
    narrow(wide.states[i], static_cast<Half*>(item.states[i]) + begin, count);
}

template <typename Stored, typename Algorithm, typename T>
PARAMWISE_INLINE void run_stored(const Arithmetic<Algorithm, T>& arithmetic, const StepItem& item, int64_t begin,
                                 int64_t count) {
  if constexpr (std::is_same_v<Stored, T>)
    run_block(arithmetic, item, begin, count);
  else
    run_half_block<Algorithm, Stored>(arithmetic, item, begin, count);
}

template <typename Algorithm, typename Stored>
PARAMWISE_INLINE void run_elements(const StepItem& item, int64_t begin, int64_t end) {
  using T = std::conditional_t<std::is_floating_point_v<Stored>, Stored, float>;
  const Arithmetic<Algorithm, T> arithmetic(item);
  // Whole blocks apart, so that their number of elements is known to the compiler.
  for (; begin + kBlock <= end; begin += kBlock) {
    prefetch_all<Algorithm::kStates, Stored>(item, begin);
    run_stored<Stored>(arithmetic, item, begin, kBlock);
  }
  if (begin < end) run_stored<Stored>(arithmetic, item, begin, end - begin);
}

template <typename Algorithm>
constexpr Kernel kernel(const char* name, bool sparse, const Runs& runs) {
  static_assert(Algorithm::kStates <= kMaxStates && Algorithm::kConstants <= kMaxConstants);
  return {name, Algorithm::kStates, Algorithm::kConstants, runs, sparse};
}

// Not templates: only functions can be compiled for several instruction sets.
#define PARAMWISE_RUNS(NAME, SPARSE, ...)                                                       \
  template <typename T>                                                                         \
  using NAME##_algorithm = __VA_ARGS__;                                                         \
  PARAMWISE_VECTORISED void NAME##_float(const StepItem& item, int64_t begin, int64_t end) {    \
    run_elements<NAME##_algorithm<float>, float>(item, begin, end);                             \
  }                                                                                             \
  PARAMWISE_VECTORISED void NAME##_double(const StepItem& item, int64_t begin, int64_t end) {   \
    run_elements<NAME##_algorithm<double>, double>(item, begin, end);                           \
  }                                                                                             \
  PARAMWISE_VECTORISED void NAME##_half(const StepItem& item, int64_t begin, int64_t end) {     \
    run_elements<NAME##_algorithm<float>, c10::Half>(item, begin, end);                         \
  }                                                                                             \
  PARAMWISE_VECTORISED void NAME##_bfloat16(const StepItem& item, int64_t begin, int64_t end) { \
    run_elements<NAME##_algorithm<float>, c10::BFloat16>(item, begin, end);                     \
  }

#define PARAMWISE_KERNEL(NAME, SPARSE, ...) \
  kernel<NAME##_algorithm<float>>(#NAME, SPARSE, {NAME##_float, NAME##_double, NAME##_half, NAME##_bfloat16}),

PARAMWISE_ALGORITHMS(PARAMWISE_RUNS)

constexpr Kernel kKernels[] = {PARAMWISE_ALGORITHMS(PARAMWISE_KERNEL)};

}  // namespace

const Kernel& find_kernel(const std::string& name) {
  for (const Kernel& kernel : kKernels)
    if (name == kernel.name) return kernel;
  TORCH_CHECK(false, "internal: no optimizer kernel named '", name, "'");
}

Run run_for(const Runs& runs, c10::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return runs.of_float;
    case at::kDouble:
      return runs.of_double;
    case at::kHalf:
      return runs.of_half;
    case at::kBFloat16:
      return runs.of_bfloat16;
    default:
      TORCH_CHECK(false, "internal: no optimizer kernel steps ", dtype_name(dtype));
  }
}

}  // namespace paramwise
