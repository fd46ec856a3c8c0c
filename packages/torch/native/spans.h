// Work over many tensors as one flat range of elements: threads share it evenly by elements, not by tensors, so one
// large embedding beside a hundred biases keeps every core busy.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace paramwise {

// One function is compiled for several instruction sets; the loader picks what the processor has. Levels, not models:
// "arch=haswell" would be picked on a Haswell alone, and every processor after it would run the default.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define PARAMWISE_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define PARAMWISE_VECTOR_LEVELS 1
#else
#define PARAMWISE_VECTORISED
#endif
#define PARAMWISE_INLINE inline __attribute__((always_inline))

// Below this many elements a second thread costs more than it saves.
constexpr int64_t kGrain = 32768;

class Spans {
 public:
  void add(int64_t size) { ends_.push_back((ends_.empty() ? 0 : ends_.back()) + size); }
  int64_t total() const { return ends_.empty() ? 0 : ends_.back(); }

  // Calls body(item, begin, end), begin and end within the item, for every element exactly once.
  template <typename Body>
  void parallel(const Body& body) const {
    at::parallel_for(0, total(), kGrain, [&](int64_t from, int64_t to) {
      auto item = static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), from) - ends_.begin());
      for (; from < to; item++) {
        const int64_t start = item == 0 ? 0 : ends_[item - 1];
        const int64_t end = std::min(to, ends_[item]);
        if (end > from) body(item, from - start, end - start);
        from = end;
      }
    });
  }

 private:
  std::vector<int64_t> ends_;
};

}  // namespace paramwise
