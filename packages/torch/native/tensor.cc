#include "tensor.h"

#include <c10/util/Exception.h>

#include <cmath>

namespace paramwise {

namespace {

constexpr uint32_t kIndexBits = 24;
constexpr uint32_t kMaxSlots = 1u << kIndexBits;
constexpr uint32_t kMaxGeneration = 1u << 28;

}  // namespace

Handle TensorTable::add(at::Tensor tensor) {
  uint32_t index;
  if (free_.empty()) {
    TORCH_CHECK(slots_.size() < kMaxSlots, "more than ", kMaxSlots,
                " live tensors: wrap the work in tidy() or dispose() of what is no longer needed");
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.storage = hold(tensor);
  slot.tensor = std::move(tensor);
  return static_cast<double>(slot.generation) * kMaxSlots + index;
}

const at::Tensor* TensorTable::find(Handle handle) const {
  if (!(handle >= 0) || handle > 9007199254740991.0) return nullptr;
  const auto bits = static_cast<uint64_t>(handle);
  const uint64_t index = bits & (kMaxSlots - 1);
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  if (slot.generation != bits >> kIndexBits || !slot.tensor.defined()) return nullptr;
  return &slot.tensor;
}

const at::Tensor& TensorTable::get(Handle handle) const {
  const at::Tensor* tensor = find(handle);
  TORCH_CHECK(tensor,
              "this tensor was disposed: it left its tidy() scope or dispose() was called; return it from the scope or "
              "keep() it");
  return *tensor;
}

bool TensorTable::release(Handle handle) {
  if (!find(handle)) return false;
  const auto index = static_cast<uint32_t>(static_cast<uint64_t>(handle) & (kMaxSlots - 1));
  Slot& slot = slots_[index];
  let_go(slot.storage);
  slot.storage = nullptr;
  // The slot is taken out of the table first: freeing memory may run code that looks at the table again.
  const at::Tensor released = std::move(slot.tensor);
  slot.tensor = at::Tensor();
  slot.generation = (slot.generation + 1) % kMaxGeneration;
  free_.push_back(index);
  return true;
}

// Views and repeated reads of a gradient share a storage: it is counted when its first handle comes, until its last goes.
const void* TensorTable::hold(const at::Tensor& tensor) {
  if (!tensor.has_storage()) return nullptr;
  const void* storage = tensor.storage().unsafeGetStorageImpl();
  Held& held = storages_[storage];
  if (held.handles++ == 0) {
    held.bytes = static_cast<int64_t>(tensor.storage().nbytes());
    bytes_ += held.bytes;
  }
  return storage;
}

void TensorTable::let_go(const void* storage) {
  const auto found = storages_.find(storage);
  if (found == storages_.end() || --found->second.handles > 0) return;
  bytes_ -= found->second.bytes;
  storages_.erase(found);
}

void TensorTable::clear() {
  slots_.clear();
  free_.clear();
  storages_.clear();
  bytes_ = 0;
}

TensorTable& tensors() {
  // Emptied when the thread's JavaScript ends (addon.cc), never destroyed: static destructors run in no order.
  static thread_local TensorTable* instance = new TensorTable();
  return *instance;
}

}  // namespace paramwise
