// The one door to every operator: a name is resolved once to its overloads, a call picks the overload by the shape of
// its arguments (remembered), converts by schema and calls boxed through the c10 dispatcher. JavaScript's side of it
// are `op_find` and `op_call` in exports.h.
#pragma once

#include <string>
#include <vector>

namespace paramwise {

// Every schema that the dispatcher knows, as text.
std::vector<std::string> list_schemas();

}  // namespace paramwise
