// The table of tensors that JavaScript holds. Releasing a handle drops our reference and nothing else.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <unordered_map>

#include "objects.h"

namespace paramwise {

class TensorTable {
 public:
  Handle add(at::Tensor tensor);
  // Null when the handle is stale or never was one.
  const at::Tensor* find(Handle handle) const {
    const Held* held = held_.find(handle);
    return held ? &held->tensor : nullptr;
  }
  // As `find`, but refuses with the reason.
  const at::Tensor& get(Handle handle) const;
  bool release(Handle handle);
  size_t live() const { return held_.live(); }
  // Bytes of the storages that live handles refer to, each counted once; what V8 is told.
  int64_t bytes() const { return bytes_; }
  void clear();

 private:
  struct Held {
    at::Tensor tensor;
    const void* storage;  // counted in storages_; null for tensors without one
  };
  struct Counted {
    size_t handles = 0;
    int64_t bytes = 0;
  };
  const void* hold(const at::Tensor& tensor);
  void let_go(const void* storage);

  ObjectTable<Held> held_;
  std::unordered_map<const void*, Counted> storages_;
  int64_t bytes_ = 0;
};

TensorTable& tensors();

}  // namespace paramwise
