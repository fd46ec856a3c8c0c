// What differs between versions of c10d, and nothing else; a file of its own, as few others need c10d's headers.
#pragma once

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <string>
#include <type_traits>
#include <utility>

#include "compat.h"

namespace paramwise {

using ProcessGroupPtr = c10::intrusive_ptr<c10d::ProcessGroup>;

// Until 2.0 a backend was a process group; since then a process group has backends.
#if PARAMWISE_LIBTORCH_FROM(2, 0)
template <typename Backend>
ProcessGroupPtr group_of(const c10::intrusive_ptr<Backend>& backend, const c10::intrusive_ptr<c10d::Store>& store) {
  using c10d::ProcessGroup;
  const auto make = [&](auto... rest) {
    return c10::make_intrusive<ProcessGroup>(store, backend->getRank(), backend->getSize(), rest...);
  };
  ProcessGroupPtr group;
  // Options went in 2.6.
#if PARAMWISE_LIBTORCH_FROM(2, 6)
  group = make();
  group->setDefaultBackend(ProcessGroup::BackendType::GLOO);
#else
  group = make(c10::make_intrusive<ProcessGroup::Options>("gloo"));
#endif
  group->setBackend(c10::DeviceType::CPU, ProcessGroup::BackendType::GLOO, backend);
  return group;
}
#else
template <typename Backend>
ProcessGroupPtr group_of(const c10::intrusive_ptr<Backend>& backend, const c10::intrusive_ptr<c10d::Store>&) {
  return backend;
}
#endif

// Where Python's ranks look for a group in the store, and the key by which its 1.13 counts who has come.
#if PARAMWISE_LIBTORCH_FROM(2, 0)
inline std::string group_prefix(int number) { return std::to_string(number) + "//cpu/"; }
inline std::string arrival_key(int number) { return "store_based_barrier_key:" + std::to_string(number); }
#else
inline std::string group_prefix(int number) { return std::to_string(number); }
inline std::string arrival_key(int number) { return "store_based_barrier_key:" + std::to_string(number + 1); }
#endif

// What a reducer is told, whatever its constructor takes of it.
struct ReducerSettings {
  std::vector<at::Tensor> parameters;
  std::vector<std::vector<size_t>> buckets;
  std::vector<size_t> limits;
  ProcessGroupPtr group;
  std::vector<bool> sparse;
  int64_t bucket_bytes;
  bool find_unused;
  bool as_views;
  std::unordered_map<size_t, std::string> names;
  int64_t first_bucket_bytes;
};

// 1.13 takes the limits of buckets; later versions more and more at the end, none of which is of use here.
#if PARAMWISE_LIBTORCH_FROM(2, 0)
template <typename Reducer = c10d::Reducer>
std::shared_ptr<Reducer> make_reducer(ReducerSettings s) {
  const auto make = [&](auto... rest) {
    return std::make_shared<Reducer>(std::move(s.parameters), std::move(s.buckets), std::move(s.group),
                                     std::move(s.sparse), s.bucket_bytes, s.find_unused, s.as_views, std::move(s.names),
                                     s.first_bucket_bytes, rest...);
  };
  constexpr auto takes = [](auto... rest) {
    return std::is_constructible_v<Reducer, std::vector<at::Tensor>, std::vector<std::vector<size_t>>, ProcessGroupPtr,
                                   std::vector<bool>, int64_t, bool, bool, std::unordered_map<size_t, std::string>,
                                   int64_t, decltype(rest)...>;
  };
  if constexpr (takes()) {
    return make();
  } else if constexpr (takes(false, false)) {
    return make(false, false);
  } else {
    return make(false, false, std::vector<int64_t>());
  }
}
#else
inline std::shared_ptr<c10d::Reducer> make_reducer(ReducerSettings s) {
  return std::make_shared<c10d::Reducer>(std::move(s.parameters), std::move(s.buckets), std::move(s.limits),
                                         std::move(s.group), std::move(s.sparse), s.bucket_bytes, s.find_unused,
                                         s.as_views, std::move(s.names), s.first_bucket_bytes);
}
#endif

}  // namespace paramwise
