#include "names.h"

#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>
#include <c10/util/Exception.h>

#include <array>

namespace paramwise {

namespace {

struct Named {
  std::string_view name;
  int64_t code;
};

template <typename Code>
constexpr Named named(std::string_view name, Code code) {
  return {name, static_cast<int64_t>(code)};
}

// The first name of a dtype is the one it is printed with.
constexpr std::array kDtypes{
    named("float32", c10::ScalarType::Float),
    named("float64", c10::ScalarType::Double),
    named("float16", c10::ScalarType::Half),
    named("bfloat16", c10::ScalarType::BFloat16),
    named("uint8", c10::ScalarType::Byte),
    named("int8", c10::ScalarType::Char),
    named("int16", c10::ScalarType::Short),
    named("int32", c10::ScalarType::Int),
    named("int64", c10::ScalarType::Long),
    named("bool", c10::ScalarType::Bool),
    named("complex64", c10::ScalarType::ComplexFloat),
    named("complex128", c10::ScalarType::ComplexDouble),
    named("float", c10::ScalarType::Float),
    named("double", c10::ScalarType::Double),
    named("half", c10::ScalarType::Half),
    named("short", c10::ScalarType::Short),
    named("int", c10::ScalarType::Int),
    named("long", c10::ScalarType::Long),
};

constexpr std::array kLayouts{
    named("strided", c10::Layout::Strided),
    named("sparse_coo", c10::Layout::Sparse),
    named("sparse_csr", c10::Layout::SparseCsr),
};

constexpr std::array kMemoryFormats{
    named("contiguous_format", c10::MemoryFormat::Contiguous),
    named("preserve_format", c10::MemoryFormat::Preserve),
    named("channels_last", c10::MemoryFormat::ChannelsLast),
    named("channels_last_3d", c10::MemoryFormat::ChannelsLast3d),
};

constexpr std::array<std::string_view, 9> kDevices{"cpu",    "cuda", "meta", "mps",   "xpu",
                                                   "mkldnn", "hip",  "xla",  "vulkan"};

template <typename Table>
const Named* find(const Table& table, std::string_view name) {
  for (const Named& entry : table)
    if (name == entry.name) return &entry;
  return nullptr;
}

template <typename Table>
int64_t code_of(const Table& table, std::string_view name) {
  const Named* found = find(table, name);
  TORCH_CHECK(found, "internal: '", std::string(name), "' names nothing of this kind");
  return found->code;
}

bool is_device_name(std::string_view text) {
  const std::string_view type = text.substr(0, text.find(':'));
  for (const std::string_view known : kDevices)
    if (type == known) return true;
  return false;
}

}  // namespace

uint8_t names_what(std::string_view text) {
  unsigned names = 0;
  if (find(kDtypes, text)) names |= kNamesDtype;
  if (find(kLayouts, text)) names |= kNamesLayout;
  if (find(kMemoryFormats, text)) names |= kNamesMemoryFormat;
  if (is_device_name(text)) names |= kNamesDevice;
  return static_cast<uint8_t>(names);
}

int64_t layout_code(std::string_view text) { return code_of(kLayouts, text); }

int64_t memory_format_code(std::string_view text) { return code_of(kMemoryFormats, text); }

const char* dtype_name(c10::ScalarType dtype) {
  for (const Named& entry : kDtypes)
    if (entry.code == static_cast<int64_t>(dtype)) return entry.name.data();
  return c10::toString(dtype);
}

c10::ScalarType parse_dtype(std::string_view name) {
  const Named* found = find(kDtypes, name);
  TORCH_CHECK_TYPE(found, "unknown dtype '", std::string(name),
                   "': use float32, float64, float16, bfloat16, uint8, int8, int16, int32, int64, bool, complex64 or "
                   "complex128");
  return static_cast<c10::ScalarType>(found->code);
}

}  // namespace paramwise
