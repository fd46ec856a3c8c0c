// The call buffer that JavaScript and C++ share: a Float64Array into which `src/wire.ts` writes the arguments of a
// call and from which it reads the results. Crossing the boundary then costs one bare Node-API call, whatever the
// number of arguments.
//
// A value is a tag and its payload, one float64 each:
//   None · Tensor handle · Int value · Double value · Bool 0|1 · String id · List count values… · Keyword id value
//   BigInt high low (two's complement, 32 bits each)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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
  BigInt = 8
};

// A cursor over the buffer; reading past its end is an error, never an overrun.
class Reader {
 public:
  Reader(const double* words, size_t size) : words_(words), size_(size) {}
  double number();
  Tag tag();
  size_t count();  // of values that follow: never more than the buffer holds
  size_t id();     // of a string, an operator
  size_t position() const { return position_; }
  void seek(size_t position) { position_ = position; }
  void skip();  // one whole value

 private:
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
  const std::vector<double>& words() const { return words_; }

 private:
  std::vector<double> words_;
};

struct Wire {
  double* words = nullptr;
  size_t size = 0;
  Writer out;
  std::vector<std::string> strings;
  std::unordered_map<std::string, uint32_t> string_ids;

  Reader reader() const { return Reader(words, size); }
  const std::string& string(size_t id) const;
  uint32_t intern(const std::string& text);
};

// One wire per JavaScript thread.
Wire& wire();

}  // namespace paramwise
