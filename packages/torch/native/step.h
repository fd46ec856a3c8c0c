// The multi-tensor optimizer step: all parameters in one call, each with its own settings, in one pass over memory.
//
// An algorithm is a struct with the number of its state tensors, the number of its constants, and `apply`, the
// arithmetic of one element; see algorithms.h. Everything else (threads, vector code, dtypes, layouts) is here.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace paramwise {

constexpr int kMaxStates = 3;
constexpr int kMaxConstants = 12;

// One parameter of a step: memory of value, gradient and states, and the constants as the algorithm orders them.
struct StepItem {
  void* value = nullptr;
  const void* gradient = nullptr;
  // Un-scaling and clipping, applied as the gradient is read: it is not written back.
  double gradient_factor = 1;
  double gradient_limit = 0;
  void* states[kMaxStates] = {};
  double constants[kMaxConstants] = {};
};

}  // namespace paramwise
