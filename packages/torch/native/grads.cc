// Gradients of many parameters at once: present, finite, total norm, scaling, clipping by value, zeroing.

#include <ATen/ATen.h>

#include <atomic>
#include <cmath>
#include <limits>

#include "compat.h"
#include "exports.h"
#include "half.h"
#include "spans.h"
#include "tensor.h"

namespace paramwise {

namespace {

// `count, handles…`
std::vector<at::Tensor> read_parameters(Reader& in) {
  std::vector<at::Tensor> parameters;
  const size_t count = in.count();
  parameters.reserve(count);
  for (size_t i = 0; i < count; i++) parameters.push_back(tensors().get(in.number()));
  return parameters;
}

std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> found;
  found.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    const at::Tensor& gradient = parameter.grad();
    if (gradient.defined()) found.push_back(gradient);
  }
  return found;
}

bool is_plain(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == c10::kStrided && tensor.is_non_overlapping_and_dense();
}

bool is_plain_float(const at::Tensor& tensor) { return tensor.scalar_type() == at::kFloat && is_plain(tensor); }

// Running sums: enough independent lanes to hide what an addition takes, added up after blocks that are short enough for
// float32 and long enough for that to cost nothing.
constexpr int64_t kLanes = 64;
constexpr int64_t kBlock = 16384;
// Elements ahead of which memory is asked for. Half and double of it are slower.
constexpr int64_t kAhead = 256;

// Ahead: values come from memory, not from a cache.
template <bool Ahead>
PARAMWISE_INLINE double sum_of_squares(const float* values, int64_t count) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    if constexpr (Ahead)
      for (int64_t line = 0; line < kLanes; line += 16) __builtin_prefetch(values + i + line + kAhead);
    for (int64_t lane = 0; lane < kLanes; lane++) lanes[lane] += values[i + lane] * values[i + lane];
  }
  for (; i < count; i++) lanes[0] += values[i] * values[i];
  double total = 0;
  for (const float lane : lanes) total += lane;
  return total;
}

PARAMWISE_VECTORISED void squares_of_float(const void* memory, int64_t count, double* result) {
  const float* const values = static_cast<const float*>(memory);
  *result = 0;
  for (int64_t start = 0; start < count; start += kBlock)
    *result += sum_of_squares<true>(values + start, std::min(count - start, kBlock));
}

template <typename Half>
PARAMWISE_INLINE double widened_squares(const Half* values, int64_t count) {
  constexpr int64_t kWide = 4096;
  float wide[kWide];
  double total = 0;
  for (int64_t start = 0; start < count; start += kWide) {
    const int64_t size = std::min(count - start, kWide);
    widen(values + start, wide, size);
    total += sum_of_squares<false>(wide, size);
  }
  return total;
}

PARAMWISE_VECTORISED void squares_of_half(const void* memory, int64_t count, double* result) {
  *result = widened_squares(static_cast<const c10::Half*>(memory), count);
}

PARAMWISE_VECTORISED void squares_of_bfloat16(const void* memory, int64_t count, double* result) {
  *result = widened_squares(static_cast<const c10::BFloat16*>(memory), count);
}

using Squares = void (*)(const void*, int64_t, double*);

// Null where the values are no plain block of a type that has a loop of its own.
Squares squares_of(const at::Tensor& gradient) {
  if (!is_plain(gradient)) return nullptr;
  switch (gradient.scalar_type()) {
    case at::kFloat:
      return squares_of_float;
    case at::kHalf:
      return squares_of_half;
    case at::kBFloat16:
      return squares_of_bfloat16;
    default:
      return nullptr;
  }
}

PARAMWISE_VECTORISED void scale_in_place(float* values, int64_t count, float factor) {
  for (int64_t i = 0; i < count; i++) values[i] *= factor;
}

// Zero times an infinity or NaN is NaN: one sum finds them all.
PARAMWISE_VECTORISED void find_poison(const float* values, int64_t count, float* poison) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; lane++) lanes[lane] += values[i + lane] * 0.0f;
  for (; i < count; i++) lanes[0] += values[i] * 0.0f;
  for (const float lane : lanes) *poison += lane;
}

// Calls plain(values, count) on the memory of plain gradients, in parallel, and other(gradient) on each of the rest.
template <typename Plain, typename Other>
void each_gradient(const std::vector<at::Tensor>& gradients, const Plain& plain, const Other& other) {
  Spans spans;
  std::vector<float*> memory;
  for (const auto& gradient : gradients) {
    if (is_plain_float(gradient)) {
      memory.push_back(gradient.data_ptr<float>());
      spans.add(gradient.numel());
    } else {
      other(gradient);
    }
  }
  spans.parallel([&](size_t item, int64_t begin, int64_t end) { plain(memory[item] + begin, end - begin); });
}

// Chunks of fixed size, added up in order: the same norm whatever the number of threads.
double plain_sum_of_squares(const std::vector<at::Tensor>& gradients) {
  struct Chunk {
    const char* values;
    int64_t count;
    Squares squares;
    double sum;
  };
  std::vector<Chunk> chunks;
  for (const auto& gradient : gradients) {
    const char* const values = static_cast<const char*>(gradient.data_ptr());
    const int64_t size = gradient.element_size();
    for (int64_t start = 0; start < gradient.numel(); start += kGrain)
      chunks.push_back({values + start * size, std::min(kGrain, gradient.numel() - start), squares_of(gradient), 0});
  }
  at::parallel_for(0, static_cast<int64_t>(chunks.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) chunks[i].squares(chunks[i].values, chunks[i].count, &chunks[i].sum);
  });
  double total = 0;
  for (const auto& chunk : chunks) total += chunk.sum;
  return total;
}

double norm_of(const at::Tensor& gradient, double type) {
  at::Tensor values = gradient.is_sparse() ? gradient.coalesce()._values() : gradient;
  if (values.numel() == 0) return 0;
  if (values.is_complex()) values = values.abs();
  // float16 and bfloat16 would overflow or round; the norm is taken in float32 at least.
  const auto dtype = values.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return values.norm(type, dtype).item<double>();
}

double total_norm(const std::vector<at::Tensor>& gradients, double type) {
  if (type == 2) {
    std::vector<at::Tensor> plain;
    double total = 0;
    for (const auto& gradient : gradients) {
      if (squares_of(gradient)) {
        plain.push_back(gradient);
      } else {
        const double norm = norm_of(gradient, 2);
        total += norm * norm;
      }
    }
    return std::sqrt(total + plain_sum_of_squares(plain));
  }
  // As PyTorch defines it: the norm of the norms.
  std::vector<double> norms;
  for (const auto& gradient : gradients) norms.push_back(norm_of(gradient, type));
  return at::tensor(norms, at::kDouble).norm(type).item<double>();
}

bool values_finite(const at::Tensor& gradient) {
  const at::Tensor values = gradient.is_sparse() ? gradient._values() : gradient;
  return at::isfinite(values).all().item<bool>();
}

}  // namespace

double grads_finite(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  std::atomic<bool> finite{true};
  each_gradient(
      gradients_of(read_parameters(in)),
      [&](const float* values, int64_t count) {
        float poison = 0;
        find_poison(values, count, &poison);
        if (poison != 0) finite = false;  // NaN differs from everything
      },
      [&](const at::Tensor& gradient) {
        if (!values_finite(gradient)) finite = false;
      });
  return finite ? 1 : 0;
}

double grads_scale(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  const auto gradients = gradients_of(read_parameters(in));
  const double factor = in.number();
  each_gradient(
      gradients, [&](float* values, int64_t count) { scale_in_place(values, count, static_cast<float>(factor)); },
      [&](at::Tensor gradient) { gradient.mul_(factor); });
  return 0;
}

double grads_zero(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  const auto parameters = read_parameters(in);
  const bool set_to_none = in.number() != 0;
  for (const auto& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    if (set_to_none)
      parameter.mutable_grad() = at::Tensor();
    else if (parameter.grad().grad_fn())
      parameter.mutable_grad() = at::zeros_like(parameter.grad());
    else
      parameter.mutable_grad().zero_();
  }
  return 0;
}

double grads_present(Reader& in, Writer& out) {
  for (const auto& parameter : read_parameters(in)) {
    const at::Tensor& gradient = parameter.grad();
    out.number(!gradient.defined() ? 0 : gradient.device().is_cpu() && parameter.device().is_cpu() ? 1 : 2);
  }
  return -1;
}

double grads_norm(Reader& in, Writer&) {
  const auto gradients = gradients_of(read_parameters(in));
  if (gradients.empty()) return -1;
  return total_norm(gradients, in.number());
}

double grads_clip_value(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  const auto gradients = gradients_of(read_parameters(in));
  const double limit = in.number();
  for (at::Tensor gradient : gradients) gradient.clamp_(-limit, limit);
  return 0;
}

}  // namespace paramwise
