// Parameters that share memory are stepped one after the other, as PyTorch does; all others at once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace paramwise {

// The round in which each parameter is stepped: 0, but for those whose memory overlaps that of an earlier one.
std::vector<size_t> rounds_of(const std::vector<at::Tensor>& parameters);

}  // namespace paramwise
