#include "dispatch.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <memory>
#include <sstream>
#include <unordered_map>

#include "convert.h"
#include "exports.h"
#include "guard.h"
#include "tensor.h"
#include "trust.h"
#include "wire.h"

namespace paramwise {

namespace {

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

struct Operators {
  std::vector<std::unique_ptr<OverloadSet>> sets;
  std::unordered_map<std::string, uint32_t> ids;
  std::unordered_map<std::string, std::vector<c10::OperatorName>> by_base;
};

Operators& operators() {
  static thread_local Operators* instance = [] {
    auto* made = new Operators();
    for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) made->by_base[name.name].push_back(name);
    return made;
  }();
  return *instance;
}

// The schema of the operator that threw last, until the error that names it is made.
thread_local std::string failed_context;

std::unique_ptr<Overload> describe_overload(const c10::OperatorName& name) {
  const auto handle = c10::Dispatcher::singleton().findSchema(name);
  if (!handle) return nullptr;  // an implementation without a schema
  std::vector<ArgSpec> args;
  for (const auto& argument : handle->schema().arguments()) args.push_back(describe_argument(argument));
  std::ostringstream text;
  text << handle->schema();
  return std::make_unique<Overload>(Overload{*handle, std::move(args), text.str()});
}

// Named-dimension overloads take strings where others take numbers; they are reached by their full name only.
bool by_dimension_name(const c10::OperatorName& name) {
  return name.overload_name.find("Dimname") != std::string::npos ||
         name.overload_name.find("names") != std::string::npos;
}

std::unique_ptr<OverloadSet> make_set(const std::string& name) {
  auto set = std::make_unique<OverloadSet>();
  set->name = name;
  set->precondition = precondition_of(name);
  const auto dot = name.find('.');
  const auto base = operators().by_base.find(name.substr(0, dot));
  if (base == operators().by_base.end())
    throw std::invalid_argument("there is no operator '" + name + "' in this libtorch");
  for (const auto& candidate : base->second) {
    if (dot == std::string::npos ? by_dimension_name(candidate) : candidate.overload_name != name.substr(dot + 1))
      continue;
    if (auto overload = describe_overload(candidate)) set->overloads.push_back(std::move(overload));
  }
  TORCH_CHECK(!set->overloads.empty(), "operator '", name.substr(0, dot), "' has no overload '",
              dot == std::string::npos ? "" : name.substr(dot + 1), "'");
  return set;
}

// One step of splitmix64: small inputs land far apart, so that sequences of small numbers do not meet.
uint64_t mix(uint64_t hash, uint64_t value) {
  uint64_t mixed = hash * 31 + value + 0x9E3779B97F4A7C15ull;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
  return mixed ^ (mixed >> 31);
}

// A hash of everything overload resolution may look at: tags, keyword names, and strings (a dtype fits where a device
// does not). Numbers and handles do not matter.
uint64_t pattern_of(Reader& reader, uint64_t hash) {
  const Tag tag = reader.tag();
  hash = mix(hash, static_cast<uint64_t>(tag) + 1);
  switch (tag) {
    case Tag::None:
      return hash;
    case Tag::String:
      return mix(hash, static_cast<uint64_t>(reader.number()));
    case Tag::Keyword:
      hash = mix(hash, static_cast<uint64_t>(reader.number()));
      return pattern_of(reader, hash);
    case Tag::List: {
      uint64_t kinds = 0;
      for (size_t left = reader.count(); left > 0; left--) kinds |= uint64_t{1} << (pattern_of(reader, 0) % 61);
      return mix(hash, kinds);
    }
    case Tag::BigInt:
      reader.number();
      reader.number();
      return hash;
    default:
      reader.number();
      return hash;
  }
}

constexpr size_t kMaxArguments = 64;

// Where on the wire each argument of a schema stands; 0 = not given.
struct Binding {
  std::array<size_t, kMaxArguments> at{};
  std::string problem;
};

size_t index_of(const Overload& overload, uint32_t name_id) {
  for (size_t i = 0; i < overload.args.size(); i++)
    if (overload.args[i].name_id == name_id) return i;
  return overload.args.size();
}

Binding bind(const Overload& overload, Reader reader, size_t given) {
  Binding binding;
  if (overload.args.size() > kMaxArguments) {
    binding.problem = "it takes more arguments than a call can carry";
    return binding;
  }
  size_t next = 0;
  for (size_t i = 0; i < given; i++) {
    Reader value = reader;
    size_t index = next;
    if (value.tag() == Tag::Keyword) {
      const auto name_id = static_cast<uint32_t>(value.number());
      index = index_of(overload, name_id);
      if (index == overload.args.size()) {
        binding.problem = "it has no argument '" + wire().string(name_id) + "'";
        return binding;
      }
    } else {
      value = reader;
      if (index >= overload.args.size() || overload.args[index].keyword_only) {
        binding.problem =
            "it takes at most " + std::to_string(next) + " positional arguments, not " + std::to_string(given);
        return binding;
      }
      next++;
    }
    if (binding.at[index]) {
      binding.problem = "argument '" + overload.args[index].name + "' is given twice";
      return binding;
    }
    binding.at[index] = value.position();
    reader.skip();
  }
  for (size_t i = 0; i < overload.args.size(); i++)
    if (!binding.at[i] && !overload.args[i].has_default) {
      binding.problem = "argument '" + overload.args[i].name + "' (" + overload.args[i].type + ") is missing";
      return binding;
    }
  return binding;
}

// The sum of the misfits, or -1 with the reason in `problem`.
int score(const Overload& overload, Reader reader, Binding& binding) {
  if (!binding.problem.empty()) return -1;
  int total = 0;
  for (size_t i = 0; i < overload.args.size(); i++) {
    if (!binding.at[i]) continue;
    reader.seek(binding.at[i]);
    const Reader value = reader;
    const int fitted = fit(overload.args[i], reader);
    if (fitted < 0) {
      binding.problem = "argument '" + overload.args[i].name + "' must be " + overload.args[i].type + ", not " +
                        describe_value(value);
      return -1;
    }
    total += fitted;
  }
  return total;
}

[[noreturn]] void refuse(const OverloadSet& set, const Reader& reader, size_t given) {
  std::ostringstream text;
  const bool several = set.overloads.size() > 1;
  text << set.name << ": " << (several ? "no overload takes these arguments" : "these arguments do not fit");
  for (const auto& overload : set.overloads) {
    Binding binding = bind(*overload, reader, given);
    score(*overload, reader, binding);
    text << "\n  " << overload->schema << "\n    " << binding.problem;
  }
  throw std::invalid_argument(text.str());
}

const Overload& resolve(OverloadSet& set, const Reader& reader, size_t given, uint64_t pattern) {
  if (set.last && set.last_pattern == pattern) return *set.last;
  const auto known = set.chosen.find(pattern);
  const Overload* best = known == set.chosen.end() ? nullptr : known->second;
  if (!best) {
    int best_score = -1;
    for (const auto& overload : set.overloads) {
      Binding binding = bind(*overload, reader, given);
      const int found = score(*overload, reader, binding);
      if (found >= 0 && (best_score < 0 || found < best_score)) {
        best = overload.get();
        best_score = found;
      }
    }
    if (!best) refuse(set, reader, given);
    set.chosen.emplace(pattern, best);
  }
  set.last = best;
  set.last_pattern = pattern;
  return *best;
}

void push_arguments(const Overload& overload, Reader reader, size_t given, bool keywords,
                    std::vector<c10::IValue>& stack) {
  if (!keywords && given <= overload.args.size()) {
    for (size_t i = 0; i < given; i++) stack.push_back(to_ivalue(overload.args[i], reader));
    for (size_t i = given; i < overload.args.size(); i++) stack.push_back(overload.args[i].default_value);
    return;
  }
  const Binding binding = bind(overload, reader, given);
  TORCH_CHECK(binding.problem.empty(), binding.problem);
  for (size_t i = 0; i < overload.args.size(); i++) {
    if (!binding.at[i]) {
      stack.push_back(overload.args[i].default_value);
      continue;
    }
    reader.seek(binding.at[i]);
    stack.push_back(to_ivalue(overload.args[i], reader));
  }
}

// The handle of the argument that is this very tensor, or -1.
double same_argument(const at::Tensor& result, Reader reader, size_t given) {
  for (size_t i = 0; i < given; i++) {
    Reader value = reader;
    if (value.tag() == Tag::Keyword) {
      value.number();
    } else {
      value = reader;
    }
    if (value.tag() == Tag::Tensor) {
      const double handle = value.number();
      const at::Tensor* tensor = tensors().find(handle);
      if (tensor && tensor->is_same(result)) return handle;
    }
    reader.skip();
  }
  return -1;
}

// Several results are one list, as a tuple would be.
void write_results(const std::vector<c10::IValue>& results, Writer& out) {
  if (results.empty()) return out.put(Tag::None);
  if (results.size() > 1) {
    out.put(Tag::List);
    out.number(static_cast<double>(results.size()));
  }
  for (const auto& value : results) write_ivalue(value, out);
}

}  // namespace

std::string current_context() {
  std::string context;
  std::swap(context, failed_context);
  return context;
}

namespace {

// By value: describing the operator interns its argument names, which moves the table that a reference would point to.
uint32_t find_operator(const std::string name) {
  refuse_unchecked(name);
  auto& all = operators();
  const auto known = all.ids.find(name);
  if (known != all.ids.end()) return known->second;
  all.sets.push_back(make_set(name));
  const auto id = static_cast<uint32_t>(all.sets.size() - 1);
  all.ids.emplace(name, id);
  return id;
}

}  // namespace

double op_find(Reader& in, Writer&) { return find_operator(wire().string(in.id())); }

double op_call(Reader& reader, Writer& out) {
  const size_t id = reader.id();
  const size_t given = reader.count();
  auto& all = operators();
  TORCH_CHECK(id < all.sets.size(), "internal: unknown operator id");
  OverloadSet& set = *all.sets[id];

  const Reader start = reader;
  uint64_t pattern = mix(0, given);
  bool keywords = false;
  for (size_t i = 0; i < given; i++) {
    Reader peek = reader;
    keywords = keywords || peek.tag() == Tag::Keyword;
    pattern = pattern_of(reader, pattern);
  }

  const Overload& overload = resolve(set, start, given, pattern);
  // Kept between calls for its memory; an operator that calls back would find it taken, so it is moved out.
  static thread_local std::vector<c10::IValue> spare;
  std::vector<c10::IValue> stack = std::move(spare);
  stack.clear();
  try {
    push_arguments(overload, start, given, keywords, stack);
    if (set.precondition) set.precondition(stack);
    overload.op.callBoxed(&stack);
  } catch (...) {
    failed_context = overload.schema;
    throw;
  }

  double result = -1;
  if (stack.size() == 1 && stack[0].isTensor() && stack[0].toTensor().defined()) {
    result = same_argument(stack[0].toTensor(), start, given);
    if (result < 0) result = tensors().add(std::move(stack[0]).toTensor());
  } else {
    write_results(stack, out);
  }
  stack.clear();
  spare = std::move(stack);
  return result;
}

std::vector<std::string> list_schemas() {
  std::vector<std::string> schemas;
  for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
    const auto handle = c10::Dispatcher::singleton().findSchema(name);
    if (!handle) continue;
    std::ostringstream text;
    text << handle->schema();
    schemas.push_back(text.str());
  }
  return schemas;
}

}  // namespace paramwise
