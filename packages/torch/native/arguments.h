// What an operator's schema asks of each argument, and how well a value on the wire answers it.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <string>

#include "wire.h"

namespace paramwise {

enum class Kind { Tensor, Scalar, Int, Float, Bool, String, Dtype, Layout, MemoryFormat, Device, Generator, Other };

// One argument of a schema, taken apart once so that a call does not walk type objects.
struct ArgSpec {
  std::string name;
  uint32_t name_id = 0;
  std::string type;  // as the schema spells it
  Kind kind = Kind::Other;
  bool optional = false;
  bool list = false;
  bool element_optional = false;
  bool sized = false;  // int[2]: one number stands for all
  int32_t size = 0;
  c10::TypePtr element_type;
  bool has_default = false;
  c10::IValue default_value;
  bool keyword_only = false;
};

ArgSpec describe_argument(const c10::Argument& argument);

// How well the value at the cursor fits: 0 exactly, more with conversions, -1 not at all. Moves past the value. Looks
// at nothing that `pattern_of` (overloads.cc) leaves out.
int fit(const ArgSpec& spec, Reader& reader);

// Whether a string that names these things (`names_what`) fits: 0, 1 as mere text, -1 not at all.
int fit_string(Kind kind, uint8_t names);

// A short description of the value at the cursor, for messages: "a Tensor", "a list of 3".
std::string describe_value(Reader reader);

}  // namespace paramwise
