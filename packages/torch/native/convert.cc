#include "convert.h"

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>

#include <array>

#include "tensor.h"

namespace paramwise {

namespace {

struct DtypeName {
  const char* name;
  c10::ScalarType dtype;
};

// The first name of a dtype is the one it is printed with.
constexpr std::array<DtypeName, 18> kDtypes{{
    {"float32", c10::ScalarType::Float},
    {"float64", c10::ScalarType::Double},
    {"float16", c10::ScalarType::Half},
    {"bfloat16", c10::ScalarType::BFloat16},
    {"uint8", c10::ScalarType::Byte},
    {"int8", c10::ScalarType::Char},
    {"int16", c10::ScalarType::Short},
    {"int32", c10::ScalarType::Int},
    {"int64", c10::ScalarType::Long},
    {"bool", c10::ScalarType::Bool},
    {"complex64", c10::ScalarType::ComplexFloat},
    {"complex128", c10::ScalarType::ComplexDouble},
    {"float", c10::ScalarType::Float},
    {"double", c10::ScalarType::Double},
    {"half", c10::ScalarType::Half},
    {"short", c10::ScalarType::Short},
    {"int", c10::ScalarType::Int},
    {"long", c10::ScalarType::Long},
}};

const DtypeName* find_dtype(const std::string& name) {
  for (const auto& entry : kDtypes)
    if (name == entry.name) return &entry;
  return nullptr;
}

Kind kind_of(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return Kind::Tensor;
    case c10::TypeKind::NumberType:
      return Kind::Scalar;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return Kind::Int;
    case c10::TypeKind::FloatType:
      return Kind::Float;
    case c10::TypeKind::BoolType:
      return Kind::Bool;
    case c10::TypeKind::StringType:
      return Kind::String;
    case c10::TypeKind::ScalarTypeType:
      return Kind::Dtype;
    case c10::TypeKind::LayoutType:
      return Kind::Layout;
    case c10::TypeKind::MemoryFormatType:
      return Kind::MemoryFormat;
    case c10::TypeKind::DeviceObjType:
      return Kind::Device;
    case c10::TypeKind::GeneratorType:
      return Kind::Generator;
    default:
      return Kind::Other;
  }
}

struct NamedCode {
  const char* name;
  int64_t code;
};

constexpr NamedCode kLayouts[] = {{"strided", static_cast<int64_t>(c10::Layout::Strided)},
                                  {"sparse_coo", static_cast<int64_t>(c10::Layout::Sparse)},
                                  {"sparse_csr", static_cast<int64_t>(c10::Layout::SparseCsr)}};
constexpr NamedCode kMemoryFormats[] = {{"contiguous_format", static_cast<int64_t>(c10::MemoryFormat::Contiguous)},
                                        {"preserve_format", static_cast<int64_t>(c10::MemoryFormat::Preserve)},
                                        {"channels_last", static_cast<int64_t>(c10::MemoryFormat::ChannelsLast)},
                                        {"channels_last_3d", static_cast<int64_t>(c10::MemoryFormat::ChannelsLast3d)}};

template <size_t N>
const NamedCode* find_code(const NamedCode (&table)[N], const std::string& name) {
  for (const auto& entry : table)
    if (name == entry.name) return &entry;
  return nullptr;
}

bool is_device_name(const std::string& text) {
  const std::string type = text.substr(0, text.find(':'));
  for (const char* known : {"cpu", "cuda", "meta", "mps", "xpu", "mkldnn", "hip", "xla", "vulkan"})
    if (type == known) return true;
  return false;
}

int fit_string(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::String:
      return 1;
    case Kind::Dtype:
      return find_dtype(text) ? 0 : -1;
    case Kind::Layout:
      return find_code(kLayouts, text) ? 0 : -1;
    case Kind::MemoryFormat:
      return find_code(kMemoryFormats, text) ? 0 : -1;
    case Kind::Device:
      return is_device_name(text) ? 0 : -1;
    default:
      return -1;
  }
}

// The value's tag was read already; its payload was not.
int fit_element(Kind kind, Tag tag, Reader& reader) {
  if (tag == Tag::String) return fit_string(kind, wire().string(reader.id()));
  reader.number();
  if (tag == Tag::BigInt) reader.number();
  switch (tag) {
    case Tag::Tensor:
      return kind == Kind::Tensor ? 0 : -1;
    case Tag::Int:
    case Tag::BigInt:
      if (kind == Kind::Int) return 0;
      if (kind == Kind::Scalar || kind == Kind::Float) return 1;
      return kind == Kind::Tensor ? 4 : -1;
    case Tag::Double:
      if (kind == Kind::Scalar || kind == Kind::Float) return 0;
      return kind == Kind::Tensor ? 4 : -1;
    case Tag::Bool:
      if (kind == Kind::Bool) return 0;
      if (kind == Kind::Scalar) return 2;
      return kind == Kind::Tensor ? 4 : -1;
    default:
      return -1;
  }
}

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

c10::IValue string_value(const ArgSpec& spec, const std::string& text, Reader at) {
  TORCH_CHECK_TYPE(fit_string(spec.kind, text) >= 0, expected(spec, at));
  switch (spec.kind) {
    case Kind::Dtype:
      return static_cast<int64_t>(find_dtype(text)->dtype);
    case Kind::Layout:
      return find_code(kLayouts, text)->code;
    case Kind::MemoryFormat:
      return find_code(kMemoryFormats, text)->code;
    case Kind::Device:
      return c10::Device(text);
    default:
      return text;
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
  switch (reader.tag()) {
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
      return string_value(spec, wire().string(reader.id()), at);
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

ArgSpec describe_argument(const c10::Argument& argument) {
  ArgSpec spec;
  spec.name = argument.name();
  spec.name_id = wire().intern(argument.name());
  c10::TypePtr type = argument.real_type();
  spec.type = type->str();
  if (const auto optional = type->cast<c10::OptionalType>()) {
    spec.optional = true;
    type = optional->getElementType();
  }
  if (const auto list = type->cast<c10::ListType>()) {
    spec.list = true;
    spec.sized = argument.N().has_value();
    spec.size = argument.N().value_or(0);
    type = list->getElementType();
    spec.element_type = type->kind() == c10::TypeKind::SymIntType ? c10::TypePtr(c10::IntType::get()) : type;
    if (const auto element = type->cast<c10::OptionalType>()) {
      spec.element_optional = true;
      type = element->getElementType();
    }
  }
  spec.kind = kind_of(type);
  spec.has_default = argument.default_value().has_value();
  if (spec.has_default) spec.default_value = *argument.default_value();
  spec.keyword_only = argument.kwarg_only();
  spec.out = argument.is_out();
  return spec;
}

int fit(const ArgSpec& spec, Reader& reader) {
  const Tag tag = reader.tag();
  if (tag == Tag::None) return spec.optional ? 0 : -1;
  if (tag != Tag::List) {
    const int score = fit_element(spec.kind, tag, reader);
    if (!spec.list || score < 0) return score;
    return spec.sized ? score + 2 : -1;
  }
  int worst = spec.list ? 0 : -1;
  for (size_t left = reader.count(); left > 0; left--) {
    const Tag element = reader.tag();
    int score = -1;
    if (element == Tag::None)
      score = spec.element_optional ? 0 : -1;
    else if (element != Tag::List)
      score = fit_element(spec.kind, element, reader);
    else
      for (size_t inner = reader.count(); inner > 0; inner--) reader.skip();
    worst = worst < 0 || score < 0 ? -1 : std::max(worst, score);
  }
  return worst;
}

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
  if (value.isString()) {
    out.put(Tag::String);
    return out.number(wire().intern(value.toStringRef()));
  }
  if (value.isDevice()) {
    out.put(Tag::String);
    return out.number(wire().intern(value.toDevice().str()));
  }
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

const char* dtype_name(c10::ScalarType dtype) {
  for (const auto& entry : kDtypes)
    if (entry.dtype == dtype) return entry.name;
  return c10::toString(dtype);
}

c10::ScalarType parse_dtype(const std::string& name) {
  const DtypeName* found = find_dtype(name);
  TORCH_CHECK_TYPE(
      found, "unknown dtype '", name,
      "': use float32, float64, float16, bfloat16, uint8, int8, int16, int32, int64, bool, complex64 or complex128");
  return found->dtype;
}

std::string describe_value(Reader reader) {
  switch (reader.tag()) {
    case Tag::None:
      return "null";
    case Tag::Tensor:
      return "a Tensor";
    case Tag::Int:
    case Tag::Double: {
      std::ostringstream text;
      text << reader.number();
      return text.str();
    }
    case Tag::BigInt:
      return "a bigint";
    case Tag::Bool:
      return reader.number() != 0 ? "true" : "false";
    case Tag::String:
      return "'" + wire().string(reader.id()) + "'";
    case Tag::List:
      return "a list of " + std::to_string(reader.id());
    case Tag::Keyword:
      return "a keyword";
  }
  return "an unknown value";
}

}  // namespace paramwise
