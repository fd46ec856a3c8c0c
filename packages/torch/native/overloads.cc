#include "overloads.h"

#include <array>
#include <sstream>

#include "convert.h"
#include "names.h"

namespace paramwise {

namespace {

// One step of splitmix64: small inputs land far apart, so that sequences of small numbers do not meet.
uint64_t mix(uint64_t hash, uint64_t value) {
  uint64_t mixed = hash * 31 + value + 0x9E3779B97F4A7C15ull;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
  return mixed ^ (mixed >> 31);
}

// The kinds of a list's elements, a bit each: a tag, and for strings what they name. An element counts for its kind
// alone, as `fit_list` takes the worst of them.
uint64_t kinds_of_elements(Reader& reader) {
  static_assert(kTags + kNamesSets <= 64);
  uint64_t kinds = 0;
  for (size_t left = reader.count(); left > 0; left--) {
    const Tag tag = reader.tag();
    if (tag == Tag::String || tag == Tag::Text) {
      kinds |= uint64_t{1} << (kTags + reader.names(tag));
    } else {
      kinds |= uint64_t{1} << static_cast<unsigned>(tag);
      reader.skip(tag);
    }
  }
  return kinds;
}

// A hash of everything overload resolution may look at: tags, keyword names, and what strings name (a dtype fits where
// a device does not). Numbers, handles and mere text do not matter.
uint64_t pattern_of(Reader& reader, Tag tag, uint64_t hash) {
  if (tag == Tag::String || tag == Tag::Text) return mix(hash, kTags + reader.names(tag));
  hash = mix(hash, static_cast<uint64_t>(tag));
  switch (tag) {
    case Tag::Keyword:
      hash = mix(hash, reader.keyword());
      return pattern_of(reader, reader.tag(), hash);
    case Tag::List:
      return mix(hash, kinds_of_elements(reader));
    default:
      reader.skip(tag);
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
      Reader name = value;
      index = index_of(overload, value.keyword());
      if (index == overload.args.size()) {
        binding.problem = "it has no argument '" + std::string(name.text()) + "'";
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

[[noreturn]] void refuse(const OverloadSet& set, const Given& given) {
  std::ostringstream text;
  const bool several = set.overloads.size() > 1;
  text << set.name << ": " << (several ? "no overload takes these arguments" : "these arguments do not fit");
  for (const auto& overload : set.overloads) {
    Binding binding = bind(*overload, given.start, given.count);
    score(*overload, given.start, binding);
    text << "\n  " << overload->schema << "\n    " << binding.problem;
  }
  throw std::invalid_argument(text.str());
}

}  // namespace

Given read_given(Reader& reader, size_t count) {
  Given given{reader, count, mix(0, count), false};
  for (size_t i = 0; i < count; i++) {
    const Tag tag = reader.tag();
    given.keywords = given.keywords || tag == Tag::Keyword;
    given.pattern = pattern_of(reader, tag, given.pattern);
  }
  return given;
}

const Overload& resolve(OverloadSet& set, const Given& given) {
  if (set.last && set.last_pattern == given.pattern) return *set.last;
  const auto known = set.chosen.find(given.pattern);
  const Overload* best = known == set.chosen.end() ? nullptr : known->second;
  if (!best) {
    int best_score = -1;
    for (const auto& overload : set.overloads) {
      Binding binding = bind(*overload, given.start, given.count);
      const int found = score(*overload, given.start, binding);
      if (found >= 0 && (best_score < 0 || found < best_score)) {
        best = overload.get();
        best_score = found;
      }
    }
    if (!best) refuse(set, given);
    set.chosen.emplace(given.pattern, best);
  }
  set.last = best;
  set.last_pattern = given.pattern;
  return *best;
}

void push_arguments(const Overload& overload, const Given& given, std::vector<c10::IValue>& stack) {
  Reader reader = given.start;
  if (!given.keywords && given.count <= overload.args.size()) {
    for (size_t i = 0; i < given.count; i++) stack.push_back(to_ivalue(overload.args[i], reader));
    for (size_t i = given.count; i < overload.args.size(); i++) stack.push_back(overload.args[i].default_value);
    return;
  }
  const Binding binding = bind(overload, reader, given.count);
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

}  // namespace paramwise
