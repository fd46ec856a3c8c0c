// The arithmetic of each element-wise optimizer, written once for one element: `value` and `state` are updated from
// `gradient`. Settings that do not change over a tensor's elements are prepared in the constructor. `T` is float or
// double; float16 and bfloat16 parameters are computed in float.
#pragma once

#include <cmath>

#include "spans.h"

namespace paramwise {

// Stochastic gradient descent (torch.optim.SGD; Sutskever et al., 2013, for momentum):
//   g ← ±g + weight_decay·θ
//   b ← momentum·b + (1 - dampening)·g        (b ← g in the first step)
//   g ← g + momentum·b with Nesterov, b otherwise
//   θ ← θ - lr·g
template <typename T, bool Momentum>
struct Sgd {
  static constexpr int kStates = Momentum ? 1 : 0;
  static constexpr int kSettings = 7;
  T lr, weight_decay, momentum, dampening, nesterov, first, sign;

  explicit Sgd(const double* s) : lr(s[0]), weight_decay(s[1]), momentum(s[2]), dampening(1 - s[3]), nesterov(s[4]), first(s[5]), sign(s[6] != 0 ? -1 : 1) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    T g = sign * gradient + weight_decay * value;
    if constexpr (Momentum) {
      const T buffer = first != 0 ? g : momentum * state[0] + dampening * g;
      state[0] = buffer;
      g = nesterov != 0 ? g + momentum * buffer : buffer;
    }
    value -= lr * g;
  }
};

// AdamW (Loshchilov & Hutter, 2019; torch.optim.AdamW). t is the number of this step, c₁ = 1 - β₁ᵗ, c₂ = 1 - β₂ᵗ:
//   θ ← θ - lr·weight_decay·θ
//   m ← β₁·m + (1 - β₁)·g
//   v ← β₂·v + (1 - β₂)·g²
//   v̂ ← max(v̂, v) with amsgrad, v otherwise
//   θ ← θ - lr / c₁ · m / (√v̂ / √c₂ + ε)
template <typename T, bool Amsgrad>
struct AdamW {
  static constexpr int kStates = Amsgrad ? 3 : 2;
  static constexpr int kSettings = 7;
  T keep, beta1, beta2, eps, step_size, inverse_root_c2, sign;

  // lr, weight_decay, β₁, β₂, ε, t, maximize
  explicit AdamW(const double* s)
      : keep(1 - s[0] * s[1]),
        beta1(s[2]),
        beta2(s[3]),
        eps(s[4]),
        step_size(s[0] / (1 - std::pow(s[2], s[5]))),
        inverse_root_c2(1 / std::sqrt(1 - std::pow(s[3], s[5]))),
        sign(s[6] != 0 ? -1 : 1) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient;
    const T m = beta1 * state[0] + (1 - beta1) * g;
    const T v = beta2 * state[1] + (1 - beta2) * g * g;
    state[0] = m;
    state[1] = v;
    T second = v;
    if constexpr (Amsgrad) {
      second = state[2] > v ? state[2] : v;
      state[2] = second;
    }
    value = keep * value - step_size * m / (std::sqrt(second) * inverse_root_c2 + eps);
  }
};

}  // namespace paramwise
