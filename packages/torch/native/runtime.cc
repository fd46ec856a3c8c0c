// Random state, threads and versions.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>

#include "compat.h"
#include "convert.h"
#include "exports.h"
#include "spans.h"
#include "tensor.h"

namespace paramwise {

namespace {

std::string blas_name() {
  // OpenBLAS and MKL say who they are; the reference BLAS does not.
  if (const auto config = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_config"))) return config();
  if (dlsym(RTLD_DEFAULT, "mkl_get_version_string") || at::hasMKL()) return "MKL";
  return "reference BLAS (slow: install libopenblas0-openmp)";
}

std::string cpu_capability() {
  const std::string config = at::show_config();
  const std::string label = "CPU capability usage: ";
  const auto start = config.find(label);
  if (start == std::string::npos) return "unknown";
  return config.substr(start + label.size(), config.find('\n', start) - start - label.size());
}

// Which of the clones of a vectorised function the loader picks: of these three it picks by the same rule.
#ifdef PARAMWISE_VECTOR_LEVELS
__attribute__((target("default"))) const char* vector_level() { return "x86-64"; }
__attribute__((target("arch=x86-64-v3"))) const char* vector_level() { return "x86-64-v3"; }
__attribute__((target("arch=x86-64-v4"))) const char* vector_level() { return "x86-64-v4"; }
#else
const char* vector_level() { return "the compiler's default"; }
#endif

}  // namespace

double runtime_manual_seed(Reader& in, Writer&) {
  const Tag tag = in.tag();
  TORCH_CHECK_TYPE(tag == Tag::Int || tag == Tag::BigInt, "a seed is a whole number");
  const double high = tag == Tag::BigInt ? in.number() : 0;
  const double low = in.number();
  const auto seed = tag == Tag::Int
                        ? static_cast<uint64_t>(static_cast<int64_t>(low))
                        : (static_cast<uint64_t>(static_cast<int64_t>(high)) << 32) | static_cast<uint64_t>(low);
  at::manual_seed(seed);
  return 0;
}

double runtime_get_rng_state(Reader&, Writer&) {
  return tensors().add(at::detail::getDefaultCPUGenerator().get_state());
}

double runtime_set_rng_state(Reader& in, Writer&) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(read_tensors(in).at(0));
  return 0;
}

double runtime_seeded_order(Reader& in, Writer&) {
  const auto count = static_cast<int64_t>(in.number());
  const auto seed = static_cast<uint64_t>(in.number());
  // A generator of its own: whatever else draws random numbers, on any device, goes on undisturbed.
  return tensors().add(at::randperm(count, at::detail::createCPUGenerator(seed), at::kLong));
}

double runtime_threads(Reader&, Writer&) { return at::get_num_threads(); }

double runtime_set_threads(Reader& in, Writer&) {
  const double count = in.number();
  TORCH_CHECK_VALUE(count >= 1 && count <= 4096 && count == static_cast<int>(count),
                    "the number of threads must be a whole number from 1 to 4096, not ", count);
  at::set_num_threads(static_cast<int>(count));
  return 0;
}

double runtime_versions(Reader&, Writer& out) {
  out.put(Tag::List);
  out.number(6);
  out.text(TORCH_VERSION);
  out.text(blas_name());
  out.text(at::get_parallel_info().find("OpenMP") != std::string::npos ? "OpenMP" : "native");
  out.text(cpu_capability());
  out.text(vector_level());
  out.put(Tag::Bool);
  out.number(at::hasCUDA() ? 1 : 0);
  return -1;
}

}  // namespace paramwise
