#include "wire.h"

#include <c10/util/Exception.h>

#include <cmath>

namespace paramwise {

double Reader::number() {
  TORCH_CHECK(position_ < size_, "internal: read past the end of the call buffer");
  return words_[position_++];
}

Tag Reader::tag() {
  const double value = number();
  TORCH_CHECK(value >= 0 && value <= 8 && value == std::floor(value), "internal: unknown tag in the call buffer");
  return static_cast<Tag>(static_cast<int>(value));
}

size_t Reader::count() {
  const double value = number();
  TORCH_CHECK(value >= 0 && value <= static_cast<double>(size_), "internal: bad count in the call buffer");
  return static_cast<size_t>(value);
}

size_t Reader::id() {
  const double value = number();
  TORCH_CHECK(value >= 0 && value <= 4294967295.0, "internal: bad id in the call buffer");
  return static_cast<size_t>(value);
}

void Reader::skip() {
  switch (tag()) {
    case Tag::None:
      return;
    case Tag::List:
      for (size_t left = count(); left > 0; left--) skip();
      return;
    case Tag::Keyword:
      number();
      return skip();
    case Tag::BigInt:
      number();
      number();
      return;
    default:
      number();
  }
}

void Writer::integer(int64_t value) {
  constexpr int64_t kSafe = int64_t{1} << 53;
  if (value >= -kSafe && value <= kSafe) {
    put(Tag::Int);
    number(static_cast<double>(value));
    return;
  }
  put(Tag::BigInt);
  number(static_cast<double>(value >> 32));
  number(static_cast<double>(static_cast<uint32_t>(value & 0xffffffff)));
}

const std::string& Wire::string(size_t id) const {
  TORCH_CHECK(id < strings.size(), "internal: unknown string in the call buffer");
  return strings[id];
}

uint32_t Wire::intern(const std::string& text) {
  const auto [found, fresh] = string_ids.emplace(text, static_cast<uint32_t>(strings.size()));
  if (fresh) strings.push_back(text);
  return found->second;
}

Wire& wire() {
  // Never destroyed: tensors and strings may be needed by work that ends after static destructors ran.
  static thread_local Wire* instance = new Wire();
  return *instance;
}

}  // namespace paramwise
