// Backward passes, the grad mode and the gradients of leaves.

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include "compat.h"
#include "convert.h"
#include "distributed.h"
#include "exports.h"
#include "names.h"
#include "tensor.h"

namespace paramwise {

namespace {

bool read_bool(Reader& in) {
  TORCH_CHECK_TYPE(in.tag() == Tag::Bool, "expected true or false");
  return in.number() != 0;
}

std::vector<at::Tensor> read_optional_tensors(Reader& in) {
  Reader peek = in;
  if (peek.tag() != Tag::None) return read_tensors(in);
  in = peek;
  return {};
}

// Where ranks exchange gradients in the pass, what failed may be that.
void refuse_failed_exchange(const std::string& said) {
  const std::string reason = explain_failed_exchange(said);
  TORCH_CHECK(reason.empty(), "backward: the gradients could not be exchanged: ", reason, " (", said, ")");
}

}  // namespace

double autograd_backward(Reader& in, Writer& out) {
  const auto roots = read_tensors(in);
  const auto gradients = read_optional_tensors(in);
  const bool retain_graph = read_bool(in);
  const bool create_graph = read_bool(in);
  const auto inputs = read_optional_tensors(in);
  try {
    torch::autograd::backward(roots, gradients, retain_graph, create_graph, inputs);
  } catch (const c10::Error& error) {
    refuse_failed_exchange(error.what_without_backtrace());
    throw;
  } catch (const std::exception& error) {
    refuse_failed_exchange(error.what());
    throw;
  }
  return 0;
}

double autograd_grad(Reader& in, Writer& out) {
  const auto outputs = read_tensors(in);
  const auto inputs = read_tensors(in);
  const auto gradients = read_optional_tensors(in);
  const bool retain_graph = read_bool(in);
  const bool create_graph = read_bool(in);
  const bool allow_unused = read_bool(in);
  const auto found = torch::autograd::grad(outputs, inputs, gradients, retain_graph, create_graph, allow_unused);
  out.put(Tag::List);
  out.number(static_cast<double>(found.size()));
  for (const auto& gradient : found) write_ivalue(gradient, out);
  return -1;
}

double autograd_enabled(Reader&, Writer&) { return at::GradMode::is_enabled() ? 1 : 0; }

double autograd_set_enabled(Reader& in, Writer&) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(read_bool(in));
  return before ? 1 : 0;
}

double autograd_requires_grad(Reader& in, Writer&) {
  const at::Tensor& tensor = tensors().get(in.number());
  const bool wanted = read_bool(in);
  TORCH_CHECK(wanted || tensor.is_leaf(),
              "requiresGrad can be switched off on leaf tensors only; use detach() for a tensor that was computed");
  TORCH_CHECK(!wanted || at::isFloatingType(tensor.scalar_type()) || at::isComplexType(tensor.scalar_type()),
              "only floating-point tensors can require gradients, not ", dtype_name(tensor.scalar_type()));
  tensor.requires_grad_(wanted);
  return 0;
}

double autograd_get_grad(Reader& in, Writer&) {
  const at::Tensor gradient = tensors().get(in.number()).grad();
  return gradient.defined() ? tensors().add(gradient) : -1;
}

double autograd_set_grad(Reader& in, Writer&) {
  const at::Tensor tensor = tensors().get(in.number());
  Reader peek = in;
  if (peek.tag() == Tag::None) {
    tensor.mutable_grad() = at::Tensor();
    return 0;
  }
  const at::Tensor gradient = read_tensors(in).at(0);
  TORCH_CHECK(gradient.sizes() == tensor.sizes(), "a gradient has the shape of its tensor: expected ", tensor.sizes(),
              ", found ", gradient.sizes());
  TORCH_CHECK(gradient.scalar_type() == tensor.scalar_type(), "a gradient has the dtype of its tensor: expected ",
              dtype_name(tensor.scalar_type()), ", found ", dtype_name(gradient.scalar_type()));
  TORCH_CHECK(gradient.device() == tensor.device(), "a gradient lies on the device of its tensor: expected ",
              tensor.device(), ", found ", gradient.device());
  tensor.mutable_grad() = gradient;
  return 0;
}

double autocast_set(Reader& in, Writer& out) {
  const bool cuda = in.number() != 0;
  const bool on = in.number() != 0;
  const auto dtype = parse_dtype(wire().strings.text(in.id()));
  // What was in force, for the way back.
  out.number(autocast_is_on(cuda) ? 1 : 0);
  out.number(wire().strings.intern(dtype_name(autocast_dtype(cuda))));
  set_autocast(cuda, on, dtype);
  // Casts of parameters are remembered while autocast is on; a parameter that was stepped since must be cast anew.
  at::autocast::clear_cache();
  return -1;
}

double autograd_set_data(Reader& in, Writer&) {
  const at::Tensor tensor = tensors().get(in.number());
  tensor.set_data(read_tensors(in).at(0));
  return 0;
}

}  // namespace paramwise
