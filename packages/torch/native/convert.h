// Values on the wire ⇄ IValues, by the type that the operator's schema asks for.
#pragma once

#include <ATen/core/ivalue.h>

#include <vector>

#include "arguments.h"
#include "wire.h"

namespace paramwise {

// Converts the value at the cursor and moves past it. Refuses with the argument's name, its type and what was found.
c10::IValue to_ivalue(const ArgSpec& spec, Reader& reader);

// Appends a result; tensors become new handles.
void write_ivalue(const c10::IValue& value, Writer& out);

// A list of tensors, or a single one, at the cursor.
std::vector<at::Tensor> read_tensors(Reader& reader);

}  // namespace paramwise
