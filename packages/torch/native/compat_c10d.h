// What differs between versions of c10d, and nothing else; a file of its own, as few others need c10d's headers.
#pragma once

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupWrapper.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <string>
#include <type_traits>
#include <utility>

#include "compat.h"

namespace paramwise {

using ProcessGroupPtr = c10::intrusive_ptr<c10d::ProcessGroup>;

// Until 2.0 a backend was a process group; since then a process group has backends. What its constructor takes has changed
// within the 2.x, so it is asked for and not told by the version.
#if PARAMWISE_LIBTORCH_FROM(2, 0)
using BackendPtr = c10::intrusive_ptr<c10d::Backend>;

template <typename Backend, typename Group = c10d::ProcessGroup>
ProcessGroupPtr group_of(const c10::intrusive_ptr<Backend>& backend, const c10::intrusive_ptr<c10d::Store>& store) {
  const int rank = backend->getRank();
  const int size = backend->getSize();
  c10::intrusive_ptr<Group> group;
  if constexpr (std::is_constructible_v<Group, c10::intrusive_ptr<c10d::Store>, int, int>) {
    group = c10::make_intrusive<Group>(store, rank, size);
    group->setDefaultBackend(Group::BackendType::GLOO);
  } else {
    group = c10::make_intrusive<Group>(store, rank, size, c10::make_intrusive<typename Group::Options>("gloo"));
  }
  group->setBackend(c10::DeviceType::CPU, Group::BackendType::GLOO, backend);
  return group;
}
#else
using BackendPtr = ProcessGroupPtr;

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

template <typename Reducer, typename... Rest>
constexpr bool kTakes = std::is_constructible_v<Reducer, std::vector<at::Tensor>, std::vector<std::vector<size_t>>,
                                                ProcessGroupPtr, std::vector<bool>, int64_t, bool, bool,
                                                std::unordered_map<size_t, std::string>, int64_t, Rest...>;

// 1.13 takes the limits of buckets; later versions more and more at the end, of which nothing is of use here.
template <typename Reducer = c10d::Reducer>
std::shared_ptr<Reducer> make_reducer(ReducerSettings s) {
  const auto make = [&](auto... rest) {
    return std::make_shared<Reducer>(std::move(s.parameters), std::move(s.buckets), std::move(s.group),
                                     std::move(s.sparse), s.bucket_bytes, s.find_unused, s.as_views, std::move(s.names),
                                     s.first_bucket_bytes, rest...);
  };
  if constexpr (kTakes<Reducer>) {
    return make();
  } else if constexpr (kTakes<Reducer, bool, bool>) {
    return make(false, false);
  } else if constexpr (kTakes<Reducer, bool, bool, std::vector<int64_t>>) {
    return make(false, false, std::vector<int64_t>());
  } else {
    return std::make_shared<Reducer>(std::move(s.parameters), std::move(s.buckets), std::move(s.limits),
                                     std::move(s.group), std::move(s.sparse), s.bucket_bytes, s.find_unused, s.as_views,
                                     std::move(s.names), s.first_bucket_bytes);
  }
}

}  // namespace paramwise
