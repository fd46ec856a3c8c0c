// The one door to every operator: a name is resolved once to its overloads, a call picks the overload by the shape of
// its arguments (remembered), converts by schema and calls boxed through the c10 dispatcher.

#include "convert.h"
#include "exports.h"
#include "guard.h"
#include "operators.h"
#include "overloads.h"
#include "tensor.h"

namespace paramwise {

namespace {

// The schema of the operator that threw last, until the error that names it is made.
thread_local std::string failed_context;

void run(const OverloadSet& set, const Overload& overload, const Given& given, torch::jit::Stack& stack) {
  try {
    push_arguments(overload, given, stack);
    if (set.precondition) set.precondition(stack);
    overload.op.callBoxed(&stack);
  } catch (...) {
    failed_context = overload.schema;
    throw;
  }
}

// The handle of the argument that is this very tensor, or -1.
double same_argument(const at::Tensor& result, const Given& given) {
  Reader reader = given.start;
  for (size_t i = 0; i < given.count; i++) {
    Tag tag = reader.tag();
    if (tag == Tag::Keyword) {
      reader.skip();  // its name
      tag = reader.tag();
    }
    if (tag != Tag::Tensor) {
      reader.skip(tag);
      continue;
    }
    const double handle = reader.number();
    const at::Tensor* tensor = tensors().find(handle);
    if (tensor && tensor->is_same(result)) return handle;
  }
  return -1;
}

// Several results are one list, as a tuple would be.
void write_results(const std::vector<c10::IValue>& results, Writer& out) {
  if (results.empty()) return out.put(Tag::None);
  if (results.size() > 1) {
    out.put(Tag::List);
    out.number(static_cast<double>(results.size()));
  }
  for (const auto& value : results) write_ivalue(value, out);
}

// One tensor is returned as its handle, that of an argument where it is one; anything else is written.
double hand_over(torch::jit::Stack& stack, const Given& given, Writer& out) {
  if (stack.size() != 1 || !stack[0].isTensor() || !stack[0].toTensor().defined()) {
    write_results(stack, out);
    return -1;
  }
  const double argument = same_argument(stack[0].toTensor(), given);
  return argument >= 0 ? argument : tensors().add(std::move(stack[0]).toTensor());
}

}  // namespace

std::string take_failed_context() {
  std::string context;
  std::swap(context, failed_context);
  return context;
}

double op_find(Reader& in, Writer&) { return find_operator(std::string(in.text())); }

double op_call(Reader& in, Writer& out) {
  OverloadSet& set = operator_of(in.id());
  const Given given = read_given(in, in.count());
  const Overload& overload = resolve(set, given);
  // Kept between calls for its memory; an operator that calls back would find it taken, so it is moved out.
  static thread_local torch::jit::Stack spare;
  torch::jit::Stack stack = std::move(spare);
  stack.clear();
  run(set, overload, given, stack);
  const double result = hand_over(stack, given, out);
  stack.clear();
  spare = std::move(stack);
  return result;
}

}  // namespace paramwise
