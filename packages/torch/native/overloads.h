// The overloads of one operator, and which of them a call's arguments choose.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "arguments.h"
#include "trust.h"
#include "wire.h"

namespace paramwise {

struct Overload {
  c10::OperatorHandle op;
  std::vector<ArgSpec> args;
  std::string schema;
};

struct OverloadSet {
  std::string name;
  std::vector<std::unique_ptr<Overload>> overloads;
  Precondition precondition = nullptr;
  // Which overload a pattern of arguments chose; the pattern decides alone, see `pattern_of`.
  std::unordered_map<uint64_t, const Overload*> chosen;
  uint64_t last_pattern = 0;
  const Overload* last = nullptr;
};

// The arguments of a call as they lie on the wire.
struct Given {
  Reader start;
  size_t count;
  uint64_t pattern;  // of their kinds
  bool keywords;  // whether there are any
};

// Reads the kinds of `count` arguments at the cursor and moves past them.
Given read_given(Reader& reader, size_t count);

// The overload that fits best. Refuses with all schemas and what does not fit each.
const Overload& resolve(OverloadSet& set, const Given& given);

// Converts the arguments, defaults where none is given, in the order of the schema.
void push_arguments(const Overload& overload, const Given& given, std::vector<c10::IValue>& stack);

}  // namespace paramwise
