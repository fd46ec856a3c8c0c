// The operators that this thread has asked for, each known by a number.
#pragma once

#include <string>
#include <vector>

#include "overloads.h"

namespace paramwise {

// The number of an operator by its full name, `aten::add` or `aten::add.Tensor`. Refuses what there is not, and what
// trust.h keeps back.
uint32_t find_operator(const std::string& name);

OverloadSet& operator_of(size_t id);

// Every schema that the dispatcher knows, as text.
std::vector<std::string> list_schemas();

// When the thread's JavaScript ends.
void forget_operators();

}  // namespace paramwise
