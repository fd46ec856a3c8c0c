#include "operators.h"

#include <c10/util/Exception.h>

#include <sstream>
#include <stdexcept>

#include "compat.h"

namespace paramwise {

namespace {

using NamesByBase = std::unordered_map<std::string, std::vector<c10::OperatorName>>;

// `aten::add` → its overloads: for all threads, made at the first question and kept.
const NamesByBase& names_by_base() {
  static const NamesByBase* const names = [] {
    auto* made = new NamesByBase();
    for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) (*made)[name.name].push_back(name);
    return made;
  }();
  return *names;
}

struct Operators {
  std::vector<std::unique_ptr<OverloadSet>> sets;
  std::unordered_map<std::string, uint32_t> ids;
};

// Freed by `forget_operators`, not by a destructor: static ones run in no order.
thread_local Operators* thread_operators = nullptr;

Operators& operators() {
  if (!thread_operators) thread_operators = new Operators();
  return *thread_operators;
}

std::string text_of(const c10::FunctionSchema& schema) {
  std::ostringstream text;
  text << schema;
  return text.str();
}

std::unique_ptr<Overload> describe_overload(const c10::OperatorName& name) {
  const auto handle = c10::Dispatcher::singleton().findSchema(name);
  if (!handle) return nullptr;  // an implementation without a schema
  std::vector<ArgSpec> args;
  for (const auto& argument : handle->schema().arguments()) args.push_back(describe_argument(argument));
  return std::make_unique<Overload>(Overload{*handle, std::move(args), text_of(handle->schema())});
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
  const bool any_overload = dot == std::string::npos;
  const std::string base = name.substr(0, dot);
  const std::string wanted = any_overload ? "" : name.substr(dot + 1);
  const auto known = names_by_base().find(base);
  if (known == names_by_base().end())
    throw std::invalid_argument("there is no operator '" + name + "' in this libtorch (" TORCH_VERSION ")");
  for (const auto& candidate : known->second) {
    if (any_overload ? by_dimension_name(candidate) : candidate.overload_name != wanted) continue;
    if (auto overload = describe_overload(candidate)) set->overloads.push_back(std::move(overload));
  }
  TORCH_CHECK(!set->overloads.empty(), "operator '", base, "' has no overload '", wanted, "' in this libtorch (",
              TORCH_VERSION, ")");
  return set;
}

}  // namespace

uint32_t find_operator(const std::string& name) {
  refuse_unchecked(name);
  auto& all = operators();
  const auto known = all.ids.find(name);
  if (known != all.ids.end()) return known->second;
  all.sets.push_back(make_set(name));
  const auto id = static_cast<uint32_t>(all.sets.size() - 1);
  all.ids.emplace(name, id);
  return id;
}

OverloadSet& operator_of(size_t id) {
  const auto& sets = operators().sets;
  TORCH_CHECK(id < sets.size(), "internal: unknown operator id");
  return *sets[id];
}

std::vector<std::string> list_schemas() {
  std::vector<std::string> schemas;
  for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
    const auto handle = c10::Dispatcher::singleton().findSchema(name);
    if (handle) schemas.push_back(text_of(handle->schema()));
  }
  return schemas;
}

void forget_operators() {
  delete thread_operators;
  thread_operators = nullptr;
}

}  // namespace paramwise
