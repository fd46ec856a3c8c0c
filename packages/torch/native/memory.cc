// Large blocks are kept for the next tensor of about their size instead of going back to the system: a training step
// asks for the same sizes as the step before, and the kernel clears every page it hands out anew, which costs a small
// convolutional network a quarter of its time. Blocks of some MiB ask for huge pages, which spare address translation.
#include "memory.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <unordered_map>

#include "compat.h"
#include "exports.h"

namespace paramwise {

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{1} << 21;
// What malloc does well by itself stays with it.
constexpr size_t kLarge = size_t{1} << 18;
// More than any address space holds.
constexpr size_t kMost = size_t{1} << 62;
// Pooled memory may exceed the most that was ever in use by an eighth and this.
constexpr size_t kSlack = size_t{1} << 24;

constexpr size_t round_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

size_t round_to_pages(size_t size) {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return round_up(size, page);
}

// Null where the system has no memory left. `size` is a number of whole pages.
void* map_pages(size_t size) {
  const size_t margin = size < kHugePage ? 0 : kHugePage;
  void* const mapped = mmap(nullptr, size + margin, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (margin == 0) return mapped;
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const auto start = round_up(begin, kHugePage);
  if (start > begin) munmap(mapped, start - begin);
  const size_t behind = begin + margin - start;
  if (behind > 0) munmap(reinterpret_cast<void*>(start + size), behind);
  void* const block = reinterpret_cast<void*>(start);
  // Whole huge pages only: a part of one would hold memory that nobody asked for. Advice, so a refusal is no error.
  madvise(block, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  return block;
}

// Tensors that a step walks through side by side must not all begin at the same place of a huge page: they would compete
// for the same lines of the caches.
constexpr size_t kShift = 2 * 4096 + 512;
constexpr size_t kShifts = 8;
constexpr size_t kBegin = 512;
static_assert(kShift % kBegin == 0);

size_t next_shift() {
  static std::atomic<size_t> next{0};
  return next++ % kShifts * kShift;
}

void* map_block(size_t size) {
  if (size < kHugePage) return map_pages(size);
  const size_t shift = next_shift();
  char* const pages = static_cast<char*>(map_pages(round_to_pages(size + kShifts * kShift)));
  return pages ? pages + shift : nullptr;
}

void unmap_block(void* block, size_t size) {
  if (size < kHugePage) {
    munmap(block, size);
  } else {
    const auto address = reinterpret_cast<uintptr_t>(block);
    munmap(reinterpret_cast<void*>(address / kHugePage * kHugePage), round_to_pages(size + kShifts * kShift));
  }
}

class BlockPool {
 public:
  void* take(size_t wanted) {
    const size_t size = round_to_pages(wanted);
    const std::lock_guard<std::mutex> lock(mutex_);
    void* const block = reuse(size);
    return block ? block : fresh(size);
  }

  // False where the block is not the pool's.
  bool give_back(void* block) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = used_.find(block);
    if (found == used_.end()) return false;
    const size_t size = found->second;
    used_.erase(found);
    used_bytes_ -= size;
    waiting_.emplace(size, Waiting{block, clock_++});
    waiting_bytes_ += size;
    return true;
  }

  size_t clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const size_t bytes = waiting_bytes_;
    while (!waiting_.empty()) drop(waiting_.begin());
    most_used_ = used_bytes_;
    return bytes;
  }

 private:
  struct Waiting {
    void* block;
    uint64_t since;
  };
  using Place = std::multimap<size_t, Waiting>::iterator;

  // The smallest block that is large enough, unless more than an eighth of it would lie idle.
  void* reuse(size_t size) {
    const Place place = waiting_.lower_bound(size);
    if (place == waiting_.end() || place->first > size + size / 8) return nullptr;
    void* const block = place->second.block;
    waiting_bytes_ -= place->first;
    count(block, place->first);
    waiting_.erase(place);
    return block;
  }

  void* fresh(size_t size) {
    const size_t most = std::max(most_used_, used_bytes_ + size);
    while (!waiting_.empty() && used_bytes_ + waiting_bytes_ + size > most + most / 8 + kSlack) drop(oldest());
    void* block = map_block(size);
    while (!block && !waiting_.empty()) {
      drop(oldest());
      block = map_block(size);
    }
    if (block) count(block, size);
    return block;
  }

  void count(void* block, size_t size) {
    used_.emplace(block, size);
    used_bytes_ += size;
    most_used_ = std::max(most_used_, used_bytes_);
  }

  Place oldest() {
    return std::min_element(waiting_.begin(), waiting_.end(),
                            [](const auto& a, const auto& b) { return a.second.since < b.second.since; });
  }

  void drop(Place place) {
    unmap_block(place->second.block, place->first);
    waiting_bytes_ -= place->first;
    waiting_.erase(place);
  }

  std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;
  std::multimap<size_t, Waiting> waiting_;
  size_t used_bytes_ = 0;
  size_t waiting_bytes_ = 0;
  size_t most_used_ = 0;
  uint64_t clock_ = 0;
};

// Never destroyed: tensors may outlive static destructors.
BlockPool& pool() {
  static BlockPool* const instance = new BlockPool();
  return *instance;
}

void release(void* memory) {
  // Where blocks of the pool may begin: for most small tensors the pool need not be asked.
  const bool may_be_block = reinterpret_cast<uintptr_t>(memory) % kBegin == 0;
  if (!may_be_block || !pool().give_back(memory)) free(memory);
}

void* obtain(size_t size) {
  if (size > kMost) return nullptr;
  if (size >= kLarge) return pool().take(size);
  void* memory = nullptr;
  return posix_memalign(&memory, kAlignment, size) == 0 ? memory : nullptr;
}

class PooledAllocator final : public CpuAllocator {
 public:
  c10::DeleterFnPtr raw_deleter() const override { return release; }

 private:
  c10::DataPtr make(size_t size) const override {
    void* const memory = size == 0 ? nullptr : obtain(size);
    TORCH_CHECK(memory || size == 0, "out of memory: ", size, " bytes for a tensor could not be had");
    return {memory, memory, release, c10::Device(c10::DeviceType::CPU)};
  }
};

}  // namespace

void install_memory_pool() {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(new PooledAllocator(), 1); });
}

double memory_empty_cache(Reader&, Writer&) { return static_cast<double>(pool().clear()); }

}  // namespace paramwise
