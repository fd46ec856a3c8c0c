// The names by which a call speaks of dtypes, layouts, memory formats and devices.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace paramwise {

// What a string names, a bit each: all that choosing an overload may look at in a string.
enum Names : uint8_t { kNamesDtype = 1, kNamesLayout = 2, kNamesMemoryFormat = 4, kNamesDevice = 8 };
constexpr unsigned kNamesSets = 16;

uint8_t names_what(std::string_view text);

// libtorch's number of what `text` names; it must name one, see `names_what`.
int64_t layout_code(std::string_view text);
int64_t memory_format_code(std::string_view text);

const char* dtype_name(c10::ScalarType dtype);
// Refuses what names no dtype with the list of those that do.
c10::ScalarType parse_dtype(std::string_view name);

}  // namespace paramwise
