// Values on the wire ⇄ IValues, by the type that the operator's schema asks for.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

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
  bool out = false;
};

ArgSpec describe_argument(const c10::Argument& argument);

// How well the value at the cursor fits: 0 exactly, more with conversions, -1 not at all. Moves past the value.
int fit(const ArgSpec& spec, Reader& reader);

// Converts the value at the cursor and moves past it. Refuses with the argument's name, its type and what was found.
c10::IValue to_ivalue(const ArgSpec& spec, Reader& reader);

// Appends a result; tensors become new handles.
void write_ivalue(const c10::IValue& value, Writer& out);

// A list of tensors, or a single one, at the cursor.
std::vector<at::Tensor> read_tensors(Reader& reader);

const char* dtype_name(c10::ScalarType dtype);
c10::ScalarType parse_dtype(const std::string& name);

// A short description of the value at the cursor, for messages: "a string", "a list of 3".
std::string describe_value(Reader reader);

}  // namespace paramwise
