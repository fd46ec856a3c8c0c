// The loops of the optimizer step: for each algorithm one for each dtype, which steps a range of one parameter's elements.
//
// An algorithm is a struct with the number of its state tensors, the number of its constants, and `apply`, the
// arithmetic of one element; see algorithms.h. Vector code and dtypes are here; threads, layouts and checks in step.cc.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

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

// Steps elements [begin, end).
using Run = void (*)(const StepItem&, int64_t, int64_t);

// The runs of one algorithm, by dtype.
struct Runs {
  Run of_float, of_double, of_half, of_bfloat16;
};

struct Kernel {
  const char* name;
  int states;
  int constants;
  Runs runs;
  // Whether a sparse gradient may stand for a dense one with zeros.
  bool sparse;
};

// Throws where there is none of this name.
const Kernel& find_kernel(const std::string& name);

// Throws for a dtype that no kernel steps.
Run run_for(const Runs& runs, c10::ScalarType dtype);

}  // namespace paramwise
