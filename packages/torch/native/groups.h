// The process groups that JavaScript holds: Gloo on a store, with counters and a monitor.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "compat_c10d.h"
#include "monitor.h"
#include "objects.h"

namespace paramwise {

// What this process has handed to its groups.
struct Traffic {
  std::atomic<uint64_t> operations{0};
  std::atomic<uint64_t> bytes{0};
};
Traffic& traffic();

struct Group {
  BackendPtr backend;
  ProcessGroupPtr process_group;
  // Of the whole run, as sub-groups rendezvous in it.
  c10::intrusive_ptr<c10d::Store> store;
  std::shared_ptr<Monitor> monitor;
  std::chrono::milliseconds timeout;
};
using GroupPtr = std::shared_ptr<Group>;

// What a group is made of. `counted`: whether the monitor compares ranks by its operations.
struct GroupPlan {
  c10::intrusive_ptr<c10d::Store> store;
  std::shared_ptr<Monitor> monitor;
  std::chrono::milliseconds timeout;
  std::string device;  // a host name or address, or `if:` and names of network interfaces; empty for libtorch's choice
  int number, rank, size;
  bool counted;
};
GroupPtr make_group(const GroupPlan& plan);

// Refuses with what to do where the group has been left.
GroupPtr group_at(Handle handle);
Handle add_group(GroupPtr group);
GroupPtr take_group(Handle handle);

// reducer.cc: reducers hold a group alive, and must go before it.
void forget_reducers(const Group* group);

}  // namespace paramwise
