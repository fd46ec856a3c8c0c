#include "wire.h"

#include <c10/util/Exception.h>

#include <cmath>
#include <cstring>

#include "names.h"

namespace paramwise {

namespace {

constexpr size_t words_of(size_t bytes) { return (bytes + sizeof(double) - 1) / sizeof(double); }

// Freed by `forget_wire`, not by a destructor: work that ends after static destructors ran may need strings.
thread_local Wire* thread_wire = nullptr;

}  // namespace

double Reader::number() {
  TORCH_CHECK(position_ < size_, "internal: read past the end of the call buffer");
  return words_[position_++];
}

Tag Reader::tag() {
  const double value = number();
  TORCH_CHECK(value >= 0 && value < kTags && value == std::floor(value), "internal: unknown tag in the call buffer");
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

std::string_view Reader::bytes() {
  const double value = number();
  TORCH_CHECK(value >= 0 && value <= static_cast<double>(size_) * sizeof(double), "internal: bad count of bytes");
  const auto count = static_cast<size_t>(value);
  TORCH_CHECK(words_of(count) <= size_ - position_, "internal: text past the end of the call buffer");
  const auto* begin = reinterpret_cast<const char*>(words_ + position_);
  position_ += words_of(count);
  return {begin, count};
}

std::string_view Reader::text(Tag tag) {
  if (tag == Tag::Text) return bytes();
  TORCH_CHECK_TYPE(tag == Tag::String, "expected a string");
  return wire().strings.text(id());
}

uint8_t Reader::names(Tag tag) { return tag == Tag::String ? wire().strings.names(id()) : names_what(text(tag)); }

uint32_t Reader::keyword() {
  const Tag name = tag();
  return name == Tag::String ? static_cast<uint32_t>(id()) : wire().strings.find(text(name));
}

void Reader::skip(Tag tag) {
  switch (tag) {
    case Tag::None:
      return;
    case Tag::List:
      for (size_t left = count(); left > 0; left--) skip();
      return;
    case Tag::Keyword:
      skip();
      return skip();
    case Tag::BigInt:
      number();
      number();
      return;
    case Tag::Text:
      bytes();
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

void Writer::text(std::string_view value) {
  put(Tag::Text);
  number(static_cast<double>(value.size()));
  const size_t begin = words_.size();
  words_.resize(begin + words_of(value.size()));
  if (!value.empty()) std::memcpy(words_.data() + begin, value.data(), value.size());
}

const StringTable::Entry& StringTable::at(size_t id) const {
  TORCH_CHECK(id < entries_.size(), "internal: unknown string in the call buffer");
  return entries_[id];
}

uint32_t StringTable::find(std::string_view text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? kNoString : found->second;
}

uint32_t StringTable::intern(std::string_view text) {
  const uint32_t known = find(text);
  if (known != kNoString) return known;
  const auto id = static_cast<uint32_t>(entries_.size());
  entries_.push_back({std::string(text), names_what(text)});
  ids_.emplace(entries_.back().text, id);
  return id;
}

Wire& wire() {
  if (!thread_wire) thread_wire = new Wire();
  return *thread_wire;
}

void forget_wire() {
  delete thread_wire;
  thread_wire = nullptr;
}

}  // namespace paramwise
