// The call buffer that JavaScript and C++ share: a Float64Array into which `src/codec.ts` writes the arguments of a
// call and from which it reads the results. Crossing the boundary then costs one bare Node-API call, whatever the
// number of arguments.
//
// A value is a tag and its payload, one float64 each:
//   None · Tensor handle · Int value · Double value · Bool 0|1 · List count values… · Keyword name value
//   BigInt high low (two's complement, 32 bits each)
//   String id, where the string has a number, or Text count bytes…: UTF-8, eight in a word
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace paramwise {

enum class Tag : int {
  None = 0,
  Tensor = 1,
  Int = 2,
  Double = 3,
  Bool = 4,
  String = 5,
  List = 6,
  Keyword = 7,
  BigInt = 8,
  Text = 9
};
constexpr int kTags = 10;

// A cursor over the buffer; reading past its end is an error, never an overrun.
class Reader {
 public:
  Reader(const double* words, size_t size) : words_(words), size_(size) {}
  double number();
  Tag tag();
  size_t count();  // of values that follow: never more than the buffer holds
  size_t id();  // of a string, an operator
  // The string of a value that is one, good until the next call; `names` is what `names_what` says of it.
  std::string_view text(Tag tag);
  uint8_t names(Tag tag);
  std::string_view text() { return text(tag()); }
  // The number of a keyword's name, or `kNoString`.
  uint32_t keyword();
  size_t position() const { return position_; }
  void seek(size_t position) { position_ = position; }
  void skip() { skip(tag()); }  // one whole value
  void skip(Tag tag);  // one whose tag was read

 private:
  std::string_view bytes();

  const double* words_;
  size_t size_;
  size_t position_ = 0;
};

// Collects results; what does not fit the buffer is kept until JavaScript has bound a larger one.
class Writer {
 public:
  void clear() { words_.clear(); }
  void put(Tag tag) { words_.push_back(static_cast<double>(static_cast<int>(tag))); }
  void number(double value) { words_.push_back(value); }
  void integer(int64_t value);
  void text(std::string_view value);
  const std::vector<double>& words() const { return words_; }

 private:
  std::vector<double> words_;
};

constexpr uint32_t kNoString = UINT32_MAX;

// Strings that recur and have a number for as long as the thread lives. Few: names of operators, arguments, dtypes and
// devices, and as many others as JavaScript allows itself (`src/wire.ts`); the rest travels as Text.
class StringTable {
 public:
  uint32_t intern(std::string_view text);
  // `kNoString` where it has no number.
  uint32_t find(std::string_view text) const;
  const std::string& text(size_t id) const { return at(id).text; }
  uint8_t names(size_t id) const { return at(id).names; }

 private:
  struct Entry {
    std::string text;
    uint8_t names;
  };
  const Entry& at(size_t id) const;

  std::deque<Entry> entries_;  // never moved: `ids_` looks into them
  std::unordered_map<std::string_view, uint32_t> ids_;
};

struct Wire {
  double* words = nullptr;
  size_t size = 0;
  Writer out;
  StringTable strings;

  Reader reader() const { return Reader(words, size); }
};

// One wire per JavaScript thread.
Wire& wire();

// When the thread's JavaScript ends.
void forget_wire();

}  // namespace paramwise
