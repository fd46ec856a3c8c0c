// Which operators JavaScript may call, so that wrong arguments end in an error and never end the process.
#pragma once

#include <ATen/core/stack.h>

#include <string>

namespace paramwise {

// Refuses operators that do not check what they are given: libtorch's internals (`_name`, `…_backward`), which its own
// code calls with checked arguments, and a few public ones. `op_allow_unchecked` lifts this.
void refuse_unchecked(const std::string& name);

using Precondition = void (*)(const torch::jit::Stack& arguments);

// What a public operator forgets to check; null for most.
Precondition precondition_of(const std::string& name);

}  // namespace paramwise
