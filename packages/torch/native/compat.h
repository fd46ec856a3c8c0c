// What differs between versions of libtorch, and nothing else: 1.13 (Debian 12), 2.6 (Debian 13) and newer ones.
#pragma once

#include <ATen/autocast_mode.h>
// 1.13 brought it along with other headers.
#include <ATen/core/grad_mode.h>
#include <c10/core/Allocator.h>
#include <torch/version.h>

#include <cstring>

#define PARAMWISE_LIBTORCH_FROM(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace paramwise {

// From 2.4 on all types of device share these functions.
#if PARAMWISE_LIBTORCH_FROM(2, 4)
inline bool autocast_is_on(bool cuda) { return at::autocast::is_autocast_enabled(cuda ? at::kCUDA : at::kCPU); }
inline void set_autocast(bool cuda, bool on, c10::ScalarType dtype) {
  at::autocast::set_autocast_dtype(cuda ? at::kCUDA : at::kCPU, dtype);
  at::autocast::set_autocast_enabled(cuda ? at::kCUDA : at::kCPU, on);
}
inline c10::ScalarType autocast_dtype(bool cuda) {
  return at::autocast::get_autocast_dtype(cuda ? at::kCUDA : at::kCPU);
}
#else
inline bool autocast_is_on(bool cuda) { return cuda ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled(); }
inline void set_autocast(bool cuda, bool on, c10::ScalarType dtype) {
  if (cuda) {
    at::autocast::set_autocast_gpu_dtype(dtype);
    at::autocast::set_enabled(on);
  } else {
    at::autocast::set_autocast_cpu_dtype(dtype);
    at::autocast::set_cpu_enabled(on);
  }
}
inline c10::ScalarType autocast_dtype(bool cuda) {
  return cuda ? at::autocast::get_autocast_gpu_dtype() : at::autocast::get_autocast_cpu_dtype();
}
#endif

// An allocator for the CPU that defines `make` and `raw_deleter`.
class CpuAllocator : public c10::Allocator {
 public:
  // 2.3 took `const` from the first and added the second.
#if PARAMWISE_LIBTORCH_FROM(2, 3)
  c10::DataPtr allocate(size_t size) override { return make(size); }
  void copy_data(void* target, const void* source, size_t size) const override { std::memcpy(target, source, size); }
#else
  c10::DataPtr allocate(size_t size) const override { return make(size); }
#endif

 private:
  virtual c10::DataPtr make(size_t size) const = 0;
};

}  // namespace paramwise
