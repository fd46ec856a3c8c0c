// The arithmetic of each element-wise optimizer, written once for one element: `value` and `state` are updated from
// `gradient`. The constructor takes the constants of one tensor, in the order given above the struct; whatever costs
// more than a few multiplications (powers, bias corrections) is already in them (`kernel.constants` of the records in
// `src/optim`). `T` is float or double; float16 and bfloat16 parameters are computed in float.
//
// Common names: θ the parameter, g the gradient as the formulas use it (negated to maximize, with l2·θ added),
// keep = 1 - lr·weight_decay where the decay is decoupled and 1 otherwise. Each pair (β, 1 - β) is passed as two
// constants: in float, 1 - 0.999f is off by 1.3e-5.
#pragma once

#include <cmath>

#include "spans.h"

namespace paramwise {

// Stochastic gradient descent (torch.optim.SGD):
//   b ← momentum·b + rest·g        (rest = 1 - dampening, and 1 in the first step, where b is 0)
//   θ ← θ - lr·b, or θ - lr·(g + momentum·b) with Nesterov
// Constants: sign, l2, lr, momentum, rest, nesterov. States: momentum_buffer.
template <typename T, bool Momentum>
struct Sgd {
  static constexpr int kStates = Momentum ? 1 : 0;
  static constexpr int kConstants = 6;
  T sign, l2, lr, momentum, rest, nesterov;

  explicit Sgd(const T* c) : sign(c[0]), l2(c[1]), lr(c[2]), momentum(c[3]), rest(c[4]), nesterov(c[5]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    T g = sign * gradient + l2 * value;
    if constexpr (Momentum) {
      const T buffer = momentum * state[0] + rest * g;
      state[0] = buffer;
      g = nesterov != 0 ? g + momentum * buffer : buffer;
    }
    value -= lr * g;
  }
};

// Adam and AdamW (Kingma & Ba, 2015; Loshchilov & Hutter, 2019). t is the number of this step:
//   m ← β₁·m + (1 - β₁)·g;  v ← β₂·v + (1 - β₂)·g²;  v̂ ← max(v̂, v) with amsgrad, v otherwise
//   θ ← keep·θ - step·m / (√v̂·root + ε),  step = lr / (1 - β₁ᵗ), root = 1 / √(1 - β₂ᵗ)
// Constants: sign, l2, keep, β₁, 1 - β₁, β₂, 1 - β₂, step, root, ε. States: exp_avg, exp_avg_sq, max_exp_avg_sq.
template <typename T, bool Amsgrad>
struct Adam {
  static constexpr int kStates = Amsgrad ? 3 : 2;
  static constexpr int kConstants = 10;
  T sign, l2, keep, beta1, rest1, beta2, rest2, step, root, eps;

  explicit Adam(const T* c)
      : sign(c[0]),
        l2(c[1]),
        keep(c[2]),
        beta1(c[3]),
        rest1(c[4]),
        beta2(c[5]),
        rest2(c[6]),
        step(c[7]),
        root(c[8]),
        eps(c[9]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T m = beta1 * state[0] + rest1 * g;
    const T v = beta2 * state[1] + rest2 * g * g;
    state[0] = m;
    state[1] = v;
    T second = v;
    if constexpr (Amsgrad) {
      second = state[2] > v ? state[2] : v;
      state[2] = second;
    }
    value = keep * value - step * m / (std::sqrt(second) * root + eps);
  }
};

// Adamax (Kingma & Ba, 2015, section 7.1; torch.optim.Adamax):
//   m ← β₁·m + (1 - β₁)·g;  u ← max(β₂·u, |g| + ε);  θ ← θ - step·m / u,  step = lr / (1 - β₁ᵗ)
// Constants: sign, l2, β₁, 1 - β₁, β₂, step, ε. States: exp_avg, exp_inf.
template <typename T>
struct Adamax {
  static constexpr int kStates = 2;
  static constexpr int kConstants = 7;
  T sign, l2, beta1, rest1, beta2, step, eps;

  explicit Adamax(const T* c) : sign(c[0]), l2(c[1]), beta1(c[2]), rest1(c[3]), beta2(c[4]), step(c[5]), eps(c[6]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T m = beta1 * state[0] + rest1 * g;
    const T decayed = beta2 * state[1];
    const T size = std::abs(g) + eps;
    const T u = decayed > size ? decayed : size;
    state[0] = m;
    state[1] = u;
    value -= step * m / u;
  }
};

// NAdam (Dozat, 2016; torch.optim.NAdam), μ the momentum schedule:
//   m, v as Adam;  θ ← keep·θ - (of_gradient·g + of_average·m) / (√v·root + ε)
//   of_gradient = lr·(1 - μₜ) / (1 - Πμ),  of_average = lr·μₜ₊₁ / (1 - Πμ·μₜ₊₁),  root = 1 / √(1 - β₂ᵗ)
// Constants: sign, l2, keep, β₁, 1 - β₁, β₂, 1 - β₂, of_gradient, of_average, root, ε. States: exp_avg, exp_avg_sq.
template <typename T>
struct NAdam {
  static constexpr int kStates = 2;
  static constexpr int kConstants = 11;
  T sign, l2, keep, beta1, rest1, beta2, rest2, of_gradient, of_average, root, eps;

  explicit NAdam(const T* c)
      : sign(c[0]),
        l2(c[1]),
        keep(c[2]),
        beta1(c[3]),
        rest1(c[4]),
        beta2(c[5]),
        rest2(c[6]),
        of_gradient(c[7]),
        of_average(c[8]),
        root(c[9]),
        eps(c[10]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T m = beta1 * state[0] + rest1 * g;
    const T v = beta2 * state[1] + rest2 * g * g;
    state[0] = m;
    state[1] = v;
    value = keep * value - (of_gradient * g + of_average * m) / (std::sqrt(v) * root + eps);
  }
};

// RAdam (Liu et al., 2020; torch.optim.RAdam):
//   m, v as Adam;  θ ← keep·θ - step·m / (√v + ε) once the variance can be rectified, keep·θ - step·m before
// Constants: sign, l2, keep, β₁, 1 - β₁, β₂, 1 - β₂, step, rectified, ε. States: exp_avg, exp_avg_sq.
template <typename T>
struct RAdam {
  static constexpr int kStates = 2;
  static constexpr int kConstants = 10;
  T sign, l2, keep, beta1, rest1, beta2, rest2, step, rectified, eps;

  explicit RAdam(const T* c)
      : sign(c[0]),
        l2(c[1]),
        keep(c[2]),
        beta1(c[3]),
        rest1(c[4]),
        beta2(c[5]),
        rest2(c[6]),
        step(c[7]),
        rectified(c[8]),
        eps(c[9]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T m = beta1 * state[0] + rest1 * g;
    const T v = beta2 * state[1] + rest2 * g * g;
    state[0] = m;
    state[1] = v;
    value = keep * value - step * (rectified != 0 ? m / (std::sqrt(v) + eps) : m);
  }
};

// Adagrad (Duchi, Hazan & Singer, 2011; torch.optim.Adagrad):
//   s ← s + g²;  θ ← θ - step·g / (√s + ε),  step = lr / (1 + (t - 1)·lr_decay)
// Constants: sign, l2, step, ε. States: sum.
template <typename T>
struct Adagrad {
  static constexpr int kStates = 1;
  static constexpr int kConstants = 4;
  T sign, l2, step, eps;

  explicit Adagrad(const T* c) : sign(c[0]), l2(c[1]), step(c[2]), eps(c[3]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T sum = state[0] + g * g;
    state[0] = sum;
    value -= step * g / (std::sqrt(sum) + eps);
  }
};

// Adadelta (Zeiler, 2012; torch.optim.Adadelta):
//   v ← ρ·v + (1 - ρ)·g²;  δ = √(a + ε) / √(v + ε) · g;  a ← ρ·a + (1 - ρ)·δ²;  θ ← θ - lr·δ
// Constants: sign, l2, lr, ρ, 1 - ρ, ε. States: square_avg, acc_delta.
template <typename T>
struct Adadelta {
  static constexpr int kStates = 2;
  static constexpr int kConstants = 6;
  T sign, l2, lr, rho, rest, eps;

  explicit Adadelta(const T* c) : sign(c[0]), l2(c[1]), lr(c[2]), rho(c[3]), rest(c[4]), eps(c[5]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T v = rho * state[0] + rest * g * g;
    const T delta = std::sqrt(state[1] + eps) / std::sqrt(v + eps) * g;
    state[0] = v;
    state[1] = rho * state[1] + rest * delta * delta;
    value -= lr * delta;
  }
};

// RMSprop (Tieleman & Hinton, 2012; centered: Graves, 2013; torch.optim.RMSprop):
//   v ← α·v + (1 - α)·g²;  a ← α·a + (1 - α)·g;  d = √(v - a²) + ε if centered, √v + ε otherwise
//   θ ← θ - lr·g/d, or with momentum  b ← momentum·b + g/d;  θ ← θ - lr·b
// Constants: sign, l2, lr, α, 1 - α, momentum, ε. States: square_avg, then momentum_buffer and grad_avg where used.
template <typename T, bool Momentum, bool Centered>
struct RmsProp {
  static constexpr int kStates = 1 + Momentum + Centered;
  static constexpr int kConstants = 7;
  T sign, l2, lr, alpha, rest, momentum, eps;

  explicit RmsProp(const T* c) : sign(c[0]), l2(c[1]), lr(c[2]), alpha(c[3]), rest(c[4]), momentum(c[5]), eps(c[6]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T v = alpha * state[0] + rest * g * g;
    state[0] = v;
    T variance = v;
    if constexpr (Centered) {
      T& average = state[1 + Momentum];
      average = alpha * average + rest * g;
      variance -= average * average;
    }
    T update = g / (std::sqrt(variance) + eps);
    if constexpr (Momentum) {
      update += momentum * state[1];
      state[1] = update;
    }
    value -= lr * update;
  }
};

// Resilient propagation (Riedmiller & Braun, 1993; torch.optim.Rprop), p the previous gradient, s the step size:
//   s ← clamp(s·η, smallest, largest),  η = grow where g·p > 0, shrink where g·p < 0, 1 otherwise
//   g ← 0 where g·p < 0;  θ ← θ - sign(g)·s;  p ← g
// Constants: sign, shrink, grow, smallest, largest. States: prev, step_size.
template <typename T>
struct Rprop {
  static constexpr int kStates = 2;
  static constexpr int kConstants = 5;
  T sign, shrink, grow, smallest, largest;

  explicit Rprop(const T* c) : sign(c[0]), shrink(c[1]), grow(c[2]), smallest(c[3]), largest(c[4]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T product = sign * gradient * state[0];
    T size = state[1] * (product > 0 ? grow : product < 0 ? shrink : T(1));
    size = size < smallest ? smallest : size;
    size = size > largest ? largest : size;
    const T g = product < 0 ? T(0) : sign * gradient;
    state[0] = g;
    state[1] = size;
    value -= g > 0 ? size : g < 0 ? -size : T(0);
  }
};

// Averaged gradient descent (Polyak & Juditsky, 1992; torch.optim.ASGD):
//   θ ← decay·θ - η·g,  decay = 1 - λ·η;  a ← a + μ·(θ - a), and a ← θ while μ is 1
// Constants: sign, l2, decay, η, μ. States: ax.
template <typename T>
struct Asgd {
  static constexpr int kStates = 1;
  static constexpr int kConstants = 5;
  T sign, l2, decay, eta, mu;

  explicit Asgd(const T* c) : sign(c[0]), l2(c[1]), decay(c[2]), eta(c[3]), mu(c[4]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient + l2 * value;
    const T next = decay * value - eta * g;
    state[0] = mu != 1 ? state[0] + mu * (next - state[0]) : next;
    value = next;
  }
};

// Lion (Chen et al., 2023):
//   θ ← keep·θ - lr·sign(β₁·m + (1 - β₁)·g);  m ← β₂·m + (1 - β₂)·g
// Constants: sign, keep, lr, β₁, 1 - β₁, β₂, 1 - β₂. States: exp_avg.
template <typename T>
struct Lion {
  static constexpr int kStates = 1;
  static constexpr int kConstants = 7;
  T sign, keep, lr, beta1, rest1, beta2, rest2;

  explicit Lion(const T* c) : sign(c[0]), keep(c[1]), lr(c[2]), beta1(c[3]), rest1(c[4]), beta2(c[5]), rest2(c[6]) {}

  PARAMWISE_INLINE void apply(T& value, T gradient, T* state) const {
    const T g = sign * gradient;
    const T direction = beta1 * state[0] + rest1 * g;
    state[0] = beta2 * state[0] + rest2 * g;
    value = keep * value - (direction > 0 ? lr : direction < 0 ? -lr : T(0));
  }
};

// Every kernel: the name that records in `src/optim` know it by, whether a sparse gradient may stand for a dense one with
// zeros, and the algorithm. A new kernel is a struct above and a line here.
#define PARAMWISE_ALGORITHMS(X)                               \
  X(sgd, true, Sgd<T, false>)                                 \
  X(sgd_momentum, true, Sgd<T, true>)                         \
  X(adam, false, Adam<T, false>)                              \
  X(adam_amsgrad, false, Adam<T, true>)                       \
  X(adamax, false, Adamax<T>)                                 \
  X(nadam, false, NAdam<T>)                                   \
  X(radam, false, RAdam<T>)                                   \
  X(adagrad, true, Adagrad<T>)                                \
  X(adadelta, false, Adadelta<T>)                             \
  X(rmsprop, false, RmsProp<T, false, false>)                 \
  X(rmsprop_momentum, false, RmsProp<T, true, false>)         \
  X(rmsprop_centered, false, RmsProp<T, false, true>)         \
  X(rmsprop_momentum_centered, false, RmsProp<T, true, true>) \
  X(rprop, false, Rprop<T>)                                   \
  X(asgd, false, Asgd<T>)                                     \
  X(lion, false, Lion<T>)

}  // namespace paramwise
