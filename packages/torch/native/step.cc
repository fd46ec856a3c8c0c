#include "step.h"

#include <ATen/MemoryOverlap.h>

#include <string>

#include "algorithms.h"
#include "convert.h"
#include "exports.h"
#include "half.h"
#include "spans.h"
#include "tensor.h"

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

// The arithmetic of elements [begin, end).
template <typename Algorithm, typename T>
PARAMWISE_INLINE void run_block(const Algorithm& algorithm, const StepItem& item, int64_t begin, int64_t end) {
  constexpr int kStates = Algorithm::kStates;
  T* __restrict value = static_cast<T*>(item.value);
  const T* __restrict gradient = static_cast<const T*>(item.gradient);
  T* __restrict state0 = static_cast<T*>(item.states[0]);
  T* __restrict state1 = static_cast<T*>(item.states[1]);
  T* __restrict state2 = static_cast<T*>(item.states[2]);
  const T factor = static_cast<T>(item.gradient_factor);
  const T limit = static_cast<T>(item.gradient_limit);
#pragma GCC ivdep
  for (int64_t i = begin; i < end; i++) {
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

template <typename Algorithm, typename T>
PARAMWISE_INLINE void run_elements(const StepItem& item, int64_t begin, int64_t end) {
  const Algorithm algorithm(item.constants);
  // Whole blocks apart, so that their number of elements is known to the compiler.
  for (; begin + kBlock <= end; begin += kBlock) {
    prefetch_all<Algorithm::kStates, T>(item, begin);
    run_block<Algorithm, T>(algorithm, item, begin, begin + kBlock);
  }
  if (begin < end) run_block<Algorithm, T>(algorithm, item, begin, end);
}

// A block of a half type as float32.
struct Wide {
  float value[kBlock];
  float gradient[kBlock];
  float states[kMaxStates][kBlock];
};

template <typename Algorithm, typename Half>
PARAMWISE_INLINE void run_half_block(const Algorithm& algorithm, const StepItem& item, int64_t begin, int64_t count) {
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
  run_block<Algorithm, float>(algorithm, block, 0, count);
  narrow(wide.value, value, count);
  for (int i = 0; i < Algorithm::kStates; i++) narrow(wide.states[i], static_cast<Half*>(item.states[i]) + begin, count);
}

// Half types are only stored: a block at a time is widened, stepped in float32 and narrowed.
template <typename Algorithm, typename Half>
PARAMWISE_INLINE void run_halves(const StepItem& item, int64_t begin, int64_t end) {
  const Algorithm algorithm(item.constants);
  for (; begin + kBlock <= end; begin += kBlock) {
    prefetch_all<Algorithm::kStates, Half>(item, begin);
    run_half_block<Algorithm, Half>(algorithm, item, begin, kBlock);
  }
  if (begin < end) run_half_block<Algorithm, Half>(algorithm, item, begin, end - begin);
}

using Run = void (*)(const StepItem&, int64_t, int64_t);

// The runs of one algorithm, by dtype.
struct Runs {
  Run of_float, of_double, of_half, of_bfloat16;
};

#define PARAMWISE_RUNS(NAME, ...)                                                                 \
  PARAMWISE_VECTORISED void NAME##_float(const StepItem& item, int64_t begin, int64_t end) {      \
    using T = float;                                                                              \
    run_elements<__VA_ARGS__, float>(item, begin, end);                                           \
  }                                                                                               \
  PARAMWISE_VECTORISED void NAME##_double(const StepItem& item, int64_t begin, int64_t end) {     \
    using T = double;                                                                             \
    run_elements<__VA_ARGS__, double>(item, begin, end);                                          \
  }                                                                                               \
  PARAMWISE_VECTORISED void NAME##_half(const StepItem& item, int64_t begin, int64_t end) {       \
    using T = float;                                                                              \
    run_halves<__VA_ARGS__, c10::Half>(item, begin, end);                                         \
  }                                                                                               \
  PARAMWISE_VECTORISED void NAME##_bfloat16(const StepItem& item, int64_t begin, int64_t end) {   \
    using T = float;                                                                              \
    run_halves<__VA_ARGS__, c10::BFloat16>(item, begin, end);                                     \
  }                                                                                               \
  constexpr Runs NAME##_runs = {NAME##_float, NAME##_double, NAME##_half, NAME##_bfloat16};

PARAMWISE_RUNS(sgd, Sgd<T, false>)
PARAMWISE_RUNS(sgd_momentum, Sgd<T, true>)
PARAMWISE_RUNS(adam, Adam<T, false>)
PARAMWISE_RUNS(adam_amsgrad, Adam<T, true>)
PARAMWISE_RUNS(adamax, Adamax<T>)
PARAMWISE_RUNS(nadam, NAdam<T>)
PARAMWISE_RUNS(radam, RAdam<T>)
PARAMWISE_RUNS(adagrad, Adagrad<T>)
PARAMWISE_RUNS(adadelta, Adadelta<T>)
PARAMWISE_RUNS(rmsprop, RmsProp<T, false, false>)
PARAMWISE_RUNS(rmsprop_momentum, RmsProp<T, true, false>)
PARAMWISE_RUNS(rmsprop_centered, RmsProp<T, false, true>)
PARAMWISE_RUNS(rmsprop_momentum_centered, RmsProp<T, true, true>)
PARAMWISE_RUNS(rprop, Rprop<T>)
PARAMWISE_RUNS(asgd, Asgd<T>)
PARAMWISE_RUNS(lion, Lion<T>)

struct Entry {
  const char* name;
  int states;
  int constants;
  Runs runs;
  // Whether a sparse gradient may stand for a dense one with zeros.
  bool sparse;
};

template <typename Algorithm>
constexpr Entry entry(const char* name, const Runs& runs, bool sparse = false) {
  static_assert(Algorithm::kStates <= kMaxStates && Algorithm::kConstants <= kMaxConstants);
  return {name, Algorithm::kStates, Algorithm::kConstants, runs, sparse};
}

constexpr Entry kAlgorithms[] = {
    entry<Sgd<float, false>>("sgd", sgd_runs, true),
    entry<Sgd<float, true>>("sgd_momentum", sgd_momentum_runs, true),
    entry<Adam<float, false>>("adam", adam_runs),
    entry<Adam<float, true>>("adam_amsgrad", adam_amsgrad_runs),
    entry<Adamax<float>>("adamax", adamax_runs),
    entry<NAdam<float>>("nadam", nadam_runs),
    entry<RAdam<float>>("radam", radam_runs),
    entry<Adagrad<float>>("adagrad", adagrad_runs, true),
    entry<Adadelta<float>>("adadelta", adadelta_runs),
    entry<RmsProp<float, false, false>>("rmsprop", rmsprop_runs),
    entry<RmsProp<float, true, false>>("rmsprop_momentum", rmsprop_momentum_runs),
    entry<RmsProp<float, false, true>>("rmsprop_centered", rmsprop_centered_runs),
    entry<RmsProp<float, true, true>>("rmsprop_momentum_centered", rmsprop_momentum_centered_runs),
    entry<Rprop<float>>("rprop", rprop_runs),
    entry<Asgd<float>>("asgd", asgd_runs),
    entry<Lion<float>>("lion", lion_runs),
};

const Entry& find_algorithm(const std::string& name) {
  for (const Entry& entry : kAlgorithms)
    if (name == entry.name) return entry;
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

// Everything a step reads, checked before anything is written: a refused step changes nothing.
struct Prepared {
  std::vector<StepItem> items;
  std::vector<Run> runs;
  Spans spans;
  // What the items point into, kept alive for the step.
  std::vector<at::Tensor> held;
  // Parameters whose memory is no plain block (a view of a larger tensor) and states laid out unlike their parameter:
  // stepped on a copy, then written back.
  std::vector<std::pair<at::Tensor, at::Tensor>> copied_back;
  std::vector<at::Tensor> stepped;

  void reserve(size_t count) {
    items.reserve(count);
    runs.reserve(count);
    held.reserve(2 * count);
    stepped.reserve(count);
  }
};

// "parameter N" at the start of a message is what JavaScript replaces by the parameter's name.
void check_parameter(const at::Tensor& parameter, const at::Tensor& gradient, const Entry& entry, size_t position) {
  TORCH_CHECK(parameter.device().is_cpu(), "parameter ", position, " lies on ", parameter.device(), ": this step runs on the CPU");
  TORCH_CHECK(gradient.layout() == c10::kStrided || entry.sparse, "parameter ", position, " has a sparse gradient: use SparseAdam, or a dense Embedding");
  TORCH_CHECK(at::isFloatingType(parameter.scalar_type()), "parameter ", position, " is ", dtype_name(parameter.scalar_type()), ": an optimizer steps floating-point parameters");
  TORCH_CHECK(gradient.sizes() == parameter.sizes(), "parameter ", position, " has shape ", parameter.sizes(), " but its gradient ", gradient.sizes(), ": clear the gradients after its data changed");
  TORCH_CHECK(at::has_internal_overlap(parameter) != at::MemOverlap::Yes, "parameter ", position, " has elements that share memory, as expand() makes them: step a copy");
  TORCH_CHECK(gradient.scalar_type() == parameter.scalar_type(), "parameter ", position, " is ", dtype_name(parameter.scalar_type()), " but its gradient is ", dtype_name(gradient.scalar_type()));
}

// A tensor's memory in the order of `value`: its own, or where it is laid out in another way that of a copy, which is
// written back after the step.
void* state_memory(Prepared& prepared, const at::Tensor& state, const at::Tensor& value, size_t position) {
  TORCH_CHECK(state.sizes() == value.sizes() && state.scalar_type() == value.scalar_type() && state.device().is_cpu(),
              "parameter ", position, " has optimizer state that does not fit it: expected ", dtype_name(value.scalar_type()), " of shape ", value.sizes(), ", found ", dtype_name(state.scalar_type()), " of shape ", state.sizes());
  if (state.strides() == value.strides()) return state.data_ptr();
  TORCH_CHECK(at::has_internal_overlap(state) != at::MemOverlap::Yes, "parameter ", position, " has optimizer state whose elements share memory, as expand() makes them");
  const at::Tensor copy = at::empty_like(value).copy_(state);
  prepared.copied_back.emplace_back(state, copy);
  return copy.data_ptr();
}

void prepare_one(Prepared& prepared, const Entry& entry, Reader& in, size_t position) {
  const at::Tensor& parameter = tensors().get(in.number());
  at::Tensor gradient = parameter.grad();
  TORCH_CHECK(gradient.defined(), "internal: parameter ", position, " has no gradient");
  check_parameter(parameter, gradient, entry, position);
  if (gradient.layout() != c10::kStrided) gradient = gradient.to_dense();

  at::Tensor value = parameter;
  if (!value.is_non_overlapping_and_dense()) {
    value = value.clone();
    prepared.copied_back.emplace_back(parameter, value);
  }
  const bool aligned = gradient.strides() == value.strides();
  const at::Tensor laid_out = aligned ? gradient : at::empty_like(value).copy_(gradient);

  StepItem item;
  item.value = value.data_ptr();
  item.gradient = laid_out.data_ptr();
  for (int i = 0; i < entry.states; i++) item.states[i] = state_memory(prepared, tensors().get(in.number()), value, position);
  for (int i = 0; i < entry.constants; i++) item.constants[i] = in.number();

  prepared.runs.push_back(run_for(entry.runs, value.scalar_type()));
  prepared.spans.add(value.numel());
  prepared.items.push_back(item);
  prepared.stepped.push_back(parameter);
  prepared.held.push_back(value);
  prepared.held.push_back(laid_out);
}

}  // namespace

double optimizer_step(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  const Entry& entry = find_algorithm(wire().string(in.id()));
  const size_t count = in.count();
  const double gradient_factor = in.number();
  const double gradient_limit = in.number();
  Prepared prepared;
  prepared.reserve(count);
  for (size_t i = 0; i < count; i++) prepare_one(prepared, entry, in, i);
  for (auto& item : prepared.items) {
    item.gradient_factor = gradient_factor;
    item.gradient_limit = gradient_limit;
  }

  prepared.spans.parallel([&](size_t item, int64_t begin, int64_t end) { prepared.runs[item](prepared.items[item], begin, end); });

  for (auto& [target, copy] : prepared.copied_back) target.copy_(copy);
  // Autograd must see that the values changed, as after any in-place operator.
  for (const auto& parameter : prepared.stepped) parameter.unsafeGetTensorImpl()->bump_version();
  return static_cast<double>(count);
}

}  // namespace paramwise
