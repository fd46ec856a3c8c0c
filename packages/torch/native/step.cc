// The multi-tensor optimizer step: all parameters in one call, each with its own settings, in one pass over memory.

#include <ATen/MemoryOverlap.h>

#include <algorithm>
#include <vector>

#include "compat.h"
#include "exports.h"
#include "kernels.h"
#include "names.h"
#include "rounds.h"
#include "spans.h"
#include "tensor.h"

namespace paramwise {

namespace {

// A parameter whose memory is no plain block (a view of a larger tensor), or a state laid out unlike its parameter:
// stepped on a copy, then written back.
struct Copy {
  size_t position;  // of the parameter
  at::Tensor target, copy;
};

// Everything a step reads, checked before anything is written: a refused step changes nothing.
struct Prepared {
  std::vector<StepItem> items;
  std::vector<Run> runs;
  // What the items point into, kept alive for the step.
  std::vector<at::Tensor> held;
  std::vector<Copy> copied_back;
  std::vector<at::Tensor> stepped;

  void reserve(size_t count) {
    items.reserve(count);
    runs.reserve(count);
    held.reserve(2 * count);
    stepped.reserve(count);
  }
};

// "parameter N" at the start of a message is what JavaScript replaces by the parameter's name.
void check_parameter(const at::Tensor& parameter, const at::Tensor& gradient, const Kernel& kernel, size_t position) {
  TORCH_CHECK(parameter.device().is_cpu(), "parameter ", position, " lies on ", parameter.device(),
              ": this step runs on the CPU");
  TORCH_CHECK(gradient.layout() == c10::kStrided || kernel.sparse, "parameter ", position,
              " has a sparse gradient: use SparseAdam, or a dense Embedding");
  TORCH_CHECK(at::isFloatingType(parameter.scalar_type()), "parameter ", position, " is ",
              dtype_name(parameter.scalar_type()), ": an optimizer steps floating-point parameters");
  TORCH_CHECK(gradient.sizes() == parameter.sizes(), "parameter ", position, " has shape ", parameter.sizes(),
              " but its gradient ", gradient.sizes(), ": clear the gradients after its data changed");
  TORCH_CHECK(at::has_internal_overlap(parameter) != at::MemOverlap::Yes, "parameter ", position,
              " has elements that share memory, as expand() makes them: step a copy");
  TORCH_CHECK(gradient.scalar_type() == parameter.scalar_type(), "parameter ", position, " is ",
              dtype_name(parameter.scalar_type()), " but its gradient is ", dtype_name(gradient.scalar_type()));
}

// A tensor's memory in the order of `value`: its own, or where it is laid out in another way that of a copy, which is
// written back after the step.
void* state_memory(Prepared& prepared, const at::Tensor& state, const at::Tensor& value, size_t position) {
  TORCH_CHECK(state.sizes() == value.sizes() && state.scalar_type() == value.scalar_type() && state.device().is_cpu(),
              "parameter ", position, " has optimizer state that does not fit it: expected ",
              dtype_name(value.scalar_type()), " of shape ", value.sizes(), ", found ", dtype_name(state.scalar_type()),
              " of shape ", state.sizes());
  if (state.strides() == value.strides()) return state.data_ptr();
  TORCH_CHECK(at::has_internal_overlap(state) != at::MemOverlap::Yes, "parameter ", position,
              " has optimizer state whose elements share memory, as expand() makes them");
  const at::Tensor copy = at::empty_like(value).copy_(state);
  prepared.copied_back.push_back({position, state, copy});
  return copy.data_ptr();
}

void prepare_one(Prepared& prepared, const Kernel& kernel, Reader& in, size_t position) {
  const at::Tensor& parameter = tensors().get(in.number());
  at::Tensor gradient = parameter.grad();
  TORCH_CHECK(gradient.defined(), "internal: parameter ", position, " has no gradient");
  check_parameter(parameter, gradient, kernel, position);
  if (gradient.layout() != c10::kStrided) gradient = gradient.to_dense();

  at::Tensor value = parameter;
  if (!value.is_non_overlapping_and_dense()) {
    value = value.clone();
    prepared.copied_back.push_back({position, parameter, value});
  }
  const bool aligned = gradient.strides() == value.strides();
  const at::Tensor laid_out = aligned ? gradient : at::empty_like(value).copy_(gradient);

  StepItem item;
  item.value = value.data_ptr();
  item.gradient = laid_out.data_ptr();
  for (int i = 0; i < kernel.states; i++)
    item.states[i] = state_memory(prepared, tensors().get(in.number()), value, position);
  for (int i = 0; i < kernel.constants; i++) item.constants[i] = in.number();

  prepared.runs.push_back(run_for(kernel.runs, value.scalar_type()));
  prepared.items.push_back(item);
  prepared.stepped.push_back(parameter);
  prepared.held.push_back(value);
  prepared.held.push_back(laid_out);
}

Prepared prepare(Reader& in) {
  const Kernel& kernel = find_kernel(wire().strings.text(in.id()));
  const size_t count = in.count();
  const double gradient_factor = in.number();
  const double gradient_limit = in.number();
  Prepared prepared;
  prepared.reserve(count);
  for (size_t i = 0; i < count; i++) prepare_one(prepared, kernel, in, i);
  for (auto& item : prepared.items) {
    item.gradient_factor = gradient_factor;
    item.gradient_limit = gradient_limit;
  }
  return prepared;
}

// The usual step: no parameter shares memory with another.
void run_all(Prepared& prepared) {
  Spans spans;
  for (const auto& parameter : prepared.stepped) spans.add(parameter.numel());
  spans.parallel([&](size_t i, int64_t begin, int64_t end) { prepared.runs[i](prepared.items[i], begin, end); });
  for (auto& [position, target, copy] : prepared.copied_back) target.copy_(copy);
}

void run_round(Prepared& prepared, const std::vector<size_t>& rounds, size_t round) {
  Spans spans;
  std::vector<size_t> members;
  for (size_t i = 0; i < rounds.size(); i++) {
    if (rounds[i] != round) continue;
    members.push_back(i);
    spans.add(prepared.stepped[i].numel());
  }
  // What was copied before the first round does not hold what the rounds since have written.
  for (auto& [position, target, copy] : prepared.copied_back)
    if (round > 0 && rounds[position] == round) copy.copy_(target);
  spans.parallel([&](size_t member, int64_t begin, int64_t end) {
    const size_t position = members[member];
    prepared.runs[position](prepared.items[position], begin, end);
  });
  for (auto& [position, target, copy] : prepared.copied_back)
    if (rounds[position] == round) target.copy_(copy);
}

}  // namespace

double optimizer_check(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  return static_cast<double>(prepare(in).items.size());
}

double optimizer_step(Reader& in, Writer&) {
  const at::NoGradGuard no_grad;
  Prepared prepared = prepare(in);
  const std::vector<size_t> rounds = rounds_of(prepared.stepped);
  const size_t last = rounds.empty() ? 0 : *std::max_element(rounds.begin(), rounds.end());
  if (last == 0)
    run_all(prepared);
  else
    for (size_t round = 0; round <= last; round++) run_round(prepared, rounds, round);
  // Autograd must see that the values changed, as after any in-place operator.
  for (const auto& parameter : prepared.stepped) parameter.unsafeGetTensorImpl()->bump_version();
  return static_cast<double>(prepared.items.size());
}

}  // namespace paramwise
