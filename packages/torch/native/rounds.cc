#include "rounds.h"

#include <algorithm>
#include <cstdint>

namespace paramwise {

namespace {

// From the first to behind the last byte of a parameter.
struct Range {
  uintptr_t begin, end;
  size_t position;
};

Range range_of(const at::Tensor& parameter, size_t position) {
  const auto begin = reinterpret_cast<uintptr_t>(parameter.data_ptr());
  int64_t last = 0;
  for (int64_t i = 0; i < parameter.dim(); i++) last += (parameter.size(i) - 1) * parameter.stride(i);
  return {begin, begin + static_cast<uintptr_t>(last + 1) * parameter.element_size(), position};
}

std::vector<Range> ranges_of(const std::vector<at::Tensor>& parameters) {
  std::vector<Range> ranges;
  // Memory that one tensor alone refers to is shared with none.
  for (size_t i = 0; i < parameters.size(); i++)
    if (parameters[i].storage().use_count() > 1 && parameters[i].numel() > 0)
      ranges.push_back(range_of(parameters[i], i));
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  return ranges;
}

}  // namespace

std::vector<size_t> rounds_of(const std::vector<at::Tensor>& parameters) {
  std::vector<size_t> rounds(parameters.size(), 0);
  const auto ranges = ranges_of(parameters);
  // A chain of ranges, each of which begins before an earlier one ends, takes one round a member, in the order of the
  // parameters.
  for (size_t first = 0; first < ranges.size();) {
    uintptr_t end = ranges[first].end;
    size_t behind = first + 1;
    for (; behind < ranges.size() && ranges[behind].begin < end; behind++) end = std::max(end, ranges[behind].end);
    if (behind - first > 1) {
      std::vector<size_t> chain;
      for (size_t i = first; i < behind; i++) chain.push_back(ranges[i].position);
      std::sort(chain.begin(), chain.end());
      for (size_t i = 0; i < chain.size(); i++) rounds[chain[i]] = i;
    }
    first = behind;
  }
  return rounds;
}

}  // namespace paramwise
