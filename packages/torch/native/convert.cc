#include "convert.h"

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>

#include <algorithm>
#include <string>

#include "names.h"
#include "tensor.h"

namespace paramwise {

namespace {

std::string expected(const ArgSpec& spec, Reader at) {
  return "argument '" + spec.name + "' must be " + spec.type + ", not " + describe_value(at);
}

at::Tensor wrapped_number(const c10::Scalar& value) {
  at::Tensor tensor = c10::scalar_to_tensor(value);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

int64_t big_integer(Reader& reader) {
  const auto high = static_cast<int64_t>(reader.number());
  const auto low = static_cast<int64_t>(reader.number());
  return static_cast<int64_t>((static_cast<uint64_t>(high) << 32) | static_cast<uint64_t>(low));
}

c10::IValue string_value(const ArgSpec& spec, std::string_view text, Reader at) {
  TORCH_CHECK_TYPE(fit_string(spec.kind, names_what(text)) >= 0, expected(spec, at));
  switch (spec.kind) {
    case Kind::Dtype:
      return static_cast<int64_t>(parse_dtype(text));
    case Kind::Layout:
      return layout_code(text);
    case Kind::MemoryFormat:
      return memory_format_code(text);
    case Kind::Device:
      return c10::Device(std::string(text));
    default:
      return std::string(text);
  }
}

c10::IValue integer_value(const ArgSpec& spec, int64_t value, Reader at) {
  switch (spec.kind) {
    case Kind::Int:
    case Kind::Scalar:
      return value;
    case Kind::Float:
      return static_cast<double>(value);
    case Kind::Tensor:
      return wrapped_number(value);
    default:
      TORCH_CHECK_TYPE(false, expected(spec, at));
  }
}

c10::IValue double_value(const ArgSpec& spec, double value, Reader at) {
  switch (spec.kind) {
    case Kind::Float:
    case Kind::Scalar:
      return value;
    case Kind::Tensor:
      return wrapped_number(value);
    default:
      TORCH_CHECK_TYPE(false, expected(spec, at));
  }
}

c10::IValue bool_value(const ArgSpec& spec, bool value, Reader at) {
  switch (spec.kind) {
    case Kind::Bool:
    case Kind::Scalar:
      return value;
    case Kind::Tensor:
      return wrapped_number(value);
    default:
      TORCH_CHECK_TYPE(false, expected(spec, at));
  }
}

// One value that is no list; the cursor stands at its tag.
c10::IValue element_value(const ArgSpec& spec, Reader& reader) {
  const Reader at = reader;
  const Tag tag = reader.tag();
  switch (tag) {
    case Tag::None:
      TORCH_CHECK_TYPE(spec.optional || spec.element_optional, expected(spec, at));
      return c10::IValue();
    case Tag::Tensor: {
      TORCH_CHECK_TYPE(spec.kind == Kind::Tensor, expected(spec, at));
      const at::Tensor* tensor = tensors().find(reader.number());
      TORCH_CHECK(tensor, "argument '", spec.name, "' was disposed: it left its tidy() scope or dispose() was called");
      return *tensor;
    }
    case Tag::Int:
      return integer_value(spec, static_cast<int64_t>(reader.number()), at);
    case Tag::BigInt:
      return integer_value(spec, big_integer(reader), at);
    case Tag::Double:
      return double_value(spec, reader.number(), at);
    case Tag::Bool:
      return bool_value(spec, reader.number() != 0, at);
    case Tag::String:
    case Tag::Text:
      return string_value(spec, reader.text(tag), at);
    default:
      TORCH_CHECK_TYPE(false, expected(spec, at));
  }
}

// libtorch reads element N - 1 of an `int[N]` without looking: a list that is too short would end the process. One
// element stands for all; none is allowed where it is the default.
void check_length(const ArgSpec& spec, size_t count) {
  if (spec.size < 2 || count == static_cast<size_t>(spec.size) || count == 1) return;
  const bool empty_default = spec.has_default && spec.default_value.isList() && spec.default_value.toListRef().empty();
  TORCH_CHECK_TYPE(count == 0 && empty_default, "argument '", spec.name, "' must be one value or a list of ", spec.size,
                   ", not of ", count);
}

c10::IValue list_value(const ArgSpec& spec, Reader& reader) {
  Reader peek = reader;
  const Tag tag = peek.tag();
  if (tag == Tag::None && spec.optional) {
    reader = peek;
    return c10::IValue();
  }
  c10::impl::GenericList list(spec.element_type);
  if (tag == Tag::List) {
    const size_t count = peek.count();
    check_length(spec, count);
    list.reserve(count);
    for (size_t i = 0; i < count; i++) list.push_back(element_value(spec, peek));
    reader = peek;
    return list;
  }
  TORCH_CHECK_TYPE(spec.sized, expected(spec, reader));
  const c10::IValue value = element_value(spec, reader);
  for (int32_t i = 0; i < std::max(1, spec.size); i++) list.push_back(value);
  return list;
}

}  // namespace

c10::IValue to_ivalue(const ArgSpec& spec, Reader& reader) {
  if (spec.list) return list_value(spec, reader);
  return element_value(spec, reader);
}

void write_ivalue(const c10::IValue& value, Writer& out) {
  if (value.isNone()) return out.put(Tag::None);
  if (value.isTensor()) {
    if (!value.toTensor().defined()) return out.put(Tag::None);
    out.put(Tag::Tensor);
    return out.number(tensors().add(value.toTensor()));
  }
  if (value.isBool()) {
    out.put(Tag::Bool);
    return out.number(value.toBool() ? 1 : 0);
  }
  if (value.isInt()) return out.integer(value.toInt());
  if (value.isDouble()) {
    out.put(Tag::Double);
    return out.number(value.toDouble());
  }
  if (value.isString()) return out.text(value.toStringRef());
  if (value.isDevice()) return out.text(value.toDevice().str());
  if (value.isList() || value.isTuple()) {
    const auto elements = value.isList() ? value.toListRef().vec() : value.toTupleRef().elements().vec();
    out.put(Tag::List);
    out.number(static_cast<double>(elements.size()));
    for (const auto& element : elements) write_ivalue(element, out);
    return;
  }
  TORCH_CHECK_NOT_IMPLEMENTED(false, "a result of type ", value.tagKind(), " cannot be handed to JavaScript");
}

std::vector<at::Tensor> read_tensors(Reader& reader) {
  const Tag tag = reader.tag();
  TORCH_CHECK_TYPE(tag == Tag::List || tag == Tag::Tensor, "expected tensors");
  std::vector<at::Tensor> found;
  if (tag == Tag::Tensor) {
    found.push_back(tensors().get(reader.number()));
    return found;
  }
  const size_t count = reader.count();
  found.reserve(count);
  for (size_t i = 0; i < count; i++) {
    const Tag element = reader.tag();
    TORCH_CHECK_TYPE(element == Tag::Tensor || element == Tag::None, "expected a tensor at position ", i);
    found.push_back(element == Tag::None ? at::Tensor() : tensors().get(reader.number()));
  }
  return found;
}

}  // namespace paramwise
