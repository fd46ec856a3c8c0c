#include "tensor.h"

#include <c10/util/Exception.h>

#include <utility>

namespace paramwise {

Handle TensorTable::add(at::Tensor tensor) {
  TORCH_CHECK(!held_.is_full(), "more than ", ObjectTable<Held>::kMaxSlots,
              " live tensors: wrap the work in tidy() or dispose() of what is no longer needed");
  const void* const storage = hold(tensor);
  return held_.add({std::move(tensor), storage});
}

const at::Tensor& TensorTable::get(Handle handle) const {
  const at::Tensor* tensor = find(handle);
  TORCH_CHECK(tensor,
              "this tensor was disposed: it left its tidy() scope or dispose() was called; return it from the scope or "
              "keep() it");
  return *tensor;
}

bool TensorTable::release(Handle handle) {
  const auto released = held_.take(handle);
  if (released) let_go(released->storage);
  return released.has_value();
}

// Views and repeated reads of a gradient share a storage: it is counted when its first handle comes, until its last goes.
const void* TensorTable::hold(const at::Tensor& tensor) {
  if (!tensor.has_storage()) return nullptr;
  const void* storage = tensor.storage().unsafeGetStorageImpl();
  Counted& held = storages_[storage];
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
  held_.clear();
  storages_.clear();
  bytes_ = 0;
}

TensorTable& tensors() {
  // Emptied when the thread's JavaScript ends (addon.cc), never destroyed: static destructors run in no order.
  static thread_local TensorTable* instance = new TensorTable();
  return *instance;
}

}  // namespace paramwise
