#include "arguments.h"

#include <algorithm>
#include <sstream>

#include "names.h"

namespace paramwise {

namespace {

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

// The value's tag was read already; its payload was not.
int fit_element(Kind kind, Tag tag, Reader& reader) {
  if (tag == Tag::String || tag == Tag::Text) return fit_string(kind, reader.names(tag));
  reader.skip(tag);
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

// The worst of the elements decides.
int fit_list(const ArgSpec& spec, Reader& reader) {
  int worst = spec.list ? 0 : -1;
  for (size_t left = reader.count(); left > 0; left--) {
    const Tag element = reader.tag();
    int score = -1;
    if (element == Tag::None)
      score = spec.element_optional ? 0 : -1;
    else
      score = fit_element(spec.kind, element, reader);
    worst = worst < 0 || score < 0 ? -1 : std::max(worst, score);
  }
  return worst;
}

}  // namespace

ArgSpec describe_argument(const c10::Argument& argument) {
  ArgSpec spec;
  spec.name = argument.name();
  spec.name_id = wire().strings.intern(argument.name());
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
  const auto& preset = argument.default_value();
  spec.has_default = preset.has_value();
  if (preset.has_value()) spec.default_value = *preset;
  spec.keyword_only = argument.kwarg_only();
  return spec;
}

int fit_string(Kind kind, uint8_t names) {
  switch (kind) {
    case Kind::String:
      return 1;
    case Kind::Dtype:
      return names & kNamesDtype ? 0 : -1;
    case Kind::Layout:
      return names & kNamesLayout ? 0 : -1;
    case Kind::MemoryFormat:
      return names & kNamesMemoryFormat ? 0 : -1;
    case Kind::Device:
      return names & kNamesDevice ? 0 : -1;
    default:
      return -1;
  }
}

int fit(const ArgSpec& spec, Reader& reader) {
  const Tag tag = reader.tag();
  if (tag == Tag::None) return spec.optional ? 0 : -1;
  if (tag == Tag::List) return fit_list(spec, reader);
  const int score = fit_element(spec.kind, tag, reader);
  if (!spec.list || score < 0) return score;
  return spec.sized ? score + 2 : -1;
}

std::string describe_value(Reader reader) {
  const Tag tag = reader.tag();
  switch (tag) {
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
    case Tag::Text:
      return "'" + std::string(reader.text(tag)) + "'";
    case Tag::List:
      return "a list of " + std::to_string(reader.count());
    case Tag::Keyword:
      return "a keyword";
  }
  return "an unknown value";
}

}  // namespace paramwise
