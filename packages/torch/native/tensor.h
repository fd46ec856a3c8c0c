// The table of tensors that JavaScript holds. A handle is a number: slot index plus the slot's generation, so that a
// released, foreign or invented handle is recognised and refused. Releasing one drops our reference and nothing else.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace paramwise {

using Handle = double;

class TensorTable {
 public:
  Handle add(at::Tensor tensor);
  // Null when the handle is stale or never was one.
  const at::Tensor* find(Handle handle) const;
  // As `find`, but refuses with the reason.
  const at::Tensor& get(Handle handle) const;
  bool release(Handle handle);
  size_t live() const { return slots_.size() - free_.size(); }
  // Bytes of the storages that live handles refer to, each counted once; what V8 is told.
  int64_t bytes() const { return bytes_; }
  void clear();

 private:
  struct Slot {
    at::Tensor tensor;
    uint32_t generation = 0;
    const void* storage = nullptr;  // counted in storages_; null for tensors without one
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  struct Held {
    size_t handles = 0;
    int64_t bytes = 0;
  };
  const void* hold(const at::Tensor& tensor);
  void let_go(const void* storage);

  std::unordered_map<const void*, Held> storages_;
  int64_t bytes_ = 0;
};

TensorTable& tensors();

}  // namespace paramwise
