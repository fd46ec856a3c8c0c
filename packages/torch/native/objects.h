// A table of what JavaScript holds of one type. A handle is a number: slot index plus the slot's generation, so that a
// released, foreign or invented handle is recognised and refused.
#pragma once

#include <c10/util/Exception.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace paramwise {

using Handle = double;

template <typename T>
class ObjectTable {
 public:
  static constexpr uint32_t kIndexBits = 24;
  static constexpr uint32_t kMaxSlots = 1u << kIndexBits;

  bool is_full() const { return free_.empty() && slots_.size() >= kMaxSlots; }

  Handle add(T object) {
    TORCH_CHECK(!is_full(), "internal: more than ", kMaxSlots, " live objects");
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.object = std::move(object);
    return static_cast<double>(slot.generation) * kMaxSlots + index;
  }

  // Null when the handle is stale or never was one.
  const T* find(Handle handle) const {
    if (!(handle >= 0) || handle > 9007199254740991.0) return nullptr;
    const auto bits = static_cast<uint64_t>(handle);
    const uint64_t index = bits & (kMaxSlots - 1);
    if (index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    if (slot.generation != bits >> kIndexBits || !slot.object) return nullptr;
    return &*slot.object;
  }

  // Out of the table first: destroying the object may run code that looks at the table again. Nothing for a stale handle.
  std::optional<T> take(Handle handle) {
    if (!find(handle)) return std::nullopt;
    const auto index = static_cast<uint32_t>(static_cast<uint64_t>(handle) & (kMaxSlots - 1));
    Slot& slot = slots_[index];
    std::optional<T> taken = std::move(slot.object);
    slot.object.reset();
    slot.generation = (slot.generation + 1) % kMaxGeneration;
    free_.push_back(index);
    return taken;
  }

  size_t live() const { return slots_.size() - free_.size(); }

  void clear() {
    slots_.clear();
    free_.clear();
  }

 private:
  static constexpr uint32_t kMaxGeneration = 1u << 28;

  struct Slot {
    std::optional<T> object;
    uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace paramwise
