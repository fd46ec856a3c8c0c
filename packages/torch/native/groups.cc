#include "groups.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <sstream>
#include <string_view>
#include <thread>

#include <ATen/ATen.h>
#include <gloo/common/logging.h>

#include "distributed.h"

namespace paramwise {

namespace {

using WorkPtr = c10::intrusive_ptr<c10d::Work>;
using Tensors = std::vector<at::Tensor>;

size_t bytes_in(const Tensors& tensors) {
  size_t bytes = 0;
  for (const auto& tensor : tensors)
    bytes += tensor.is_sparse() ? tensor._indices().nbytes() + tensor._values().nbytes() : tensor.nbytes();
  return bytes;
}

// Gloo divides by the number of entries: a sparse tensor without any gets one that is zero.
void give_entries(const Tensors& tensors) {
  for (const auto& tensor : tensors) {
    if (!tensor.is_sparse() || tensor._nnz() > 0 || tensor.numel() == 0) continue;
    auto shape = tensor._values().sizes().vec();
    shape[0] = 1;
    const auto indices = at::zeros({tensor.sparse_dim(), 1}, tensor._indices().options());
    const auto values = at::zeros(shape, tensor._values().options());
    tensor.copy_(at::_sparse_coo_tensor_unsafe(indices, values, tensor.sizes()));
  }
}

c10d::BarrierOptions waiting_for(std::chrono::milliseconds timeout) {
  c10d::BarrierOptions options;
  options.timeout = timeout;
  return options;
}

// Gloo that counts what it is asked for, by us or by a reducer, and tells the monitor of what failed.
class CountedGloo final : public c10d::ProcessGroupGloo {
 public:
  CountedGloo(const GroupPlan& plan, const c10::intrusive_ptr<c10d::Store>& store,
              const c10::intrusive_ptr<Options>& options)
      : ProcessGroupGloo(store, plan.rank, plan.size, options), monitor_(plan.monitor), counted_(plan.counted) {}

  WorkPtr broadcast(Tensors& tensors, const c10d::BroadcastOptions& options) override {
    count(getRank() == options.rootRank ? bytes_in(tensors) : 0);
    return watched(ProcessGroupGloo::broadcast(tensors, options));
  }

  WorkPtr allreduce(Tensors& tensors, const c10d::AllreduceOptions& options) override {
    give_entries(tensors);
    count(bytes_in(tensors));
    return watched(ProcessGroupGloo::allreduce(tensors, options));
  }

  WorkPtr allgather(std::vector<Tensors>& outputs, Tensors& inputs, const c10d::AllgatherOptions& options) override {
    const size_t bytes = bytes_in(inputs);
    count(bytes);
    // Gloo's own divides by the size.
    if (bytes == 0) return watched(ProcessGroupGloo::barrier(waiting_for(options.timeout)));
    return watched(ProcessGroupGloo::allgather(outputs, inputs, options));
  }

  WorkPtr alltoall_base(at::Tensor& output, at::Tensor& input, std::vector<int64_t>& output_sizes,
                        std::vector<int64_t>& input_sizes, const c10d::AllToAllOptions& options) override {
    count(input.nbytes());
    return watched(ProcessGroupGloo::alltoall_base(output, input, output_sizes, input_sizes, options));
  }

  WorkPtr send(Tensors& tensors, int destination, int tag) override {
    traffic().operations++;
    traffic().bytes += bytes_in(tensors);
    return ProcessGroupGloo::send(tensors, destination, tag);
  }

  WorkPtr barrier(const c10d::BarrierOptions& options) override {
    count(0);
    return watched(ProcessGroupGloo::barrier(options));
  }

 private:
  void count(size_t bytes) {
    traffic().operations++;
    traffic().bytes += bytes;
    if (counted_) monitor_->count_operation();
  }

  WorkPtr watched(WorkPtr work) {
    work->getFuture()->addCallback([monitor = monitor_](c10::ivalue::Future& future) {
      if (future.hasError()) monitor->note_failure();
    });
    return work;
  }

  const std::shared_ptr<Monitor> monitor_;
  const bool counted_;
};

using Devices = std::vector<std::shared_ptr<::gloo::transport::Device>>;
constexpr std::string_view kInterfaces = "if:";

Devices devices_of(const std::string& device) {
  if (device.empty()) return {c10d::ProcessGroupGloo::createDefaultDevice()};
  if (device.compare(0, kInterfaces.size(), kInterfaces) != 0)
    return {c10d::ProcessGroupGloo::createDeviceForHostname(device)};
  Devices devices;
  std::istringstream names(device.substr(kInterfaces.size()));
  for (std::string name; std::getline(names, name, ',');)
    devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
  return devices;
}

// Kept for good, emptied by `forget_groups`.
ObjectTable<GroupPtr>& groups() {
  static thread_local auto* instance = new ObjectTable<GroupPtr>();
  return *instance;
}

// As in Python.
bool compares_ranks() {
  const char* const level = std::getenv("TORCH_DISTRIBUTED_DEBUG");
  return level && std::string_view(level) == "DETAIL";
}

// Before each exchange ranks compare, by a second group, what they give to it.
BackendPtr compared(const GroupPlan& plan, const BackendPtr& backend,
                    const c10::intrusive_ptr<c10d::ProcessGroupGloo::Options>& options) {
  auto store = c10::make_intrusive<c10d::PrefixStore>("pg_wrapper:" + group_prefix(plan.number), plan.store);
  auto second = c10::make_intrusive<c10d::ProcessGroupGloo>(store, plan.rank, plan.size, options);
  return c10::make_intrusive<c10d::ProcessGroupWrapper>(backend, second);
}

// Of this thread's run, the last that began.
std::shared_ptr<Monitor>& thread_monitor() {
  static thread_local auto* instance = new std::shared_ptr<Monitor>();
  return *instance;
}

}  // namespace

namespace {

std::terminate_handler usual_end = nullptr;

[[noreturn]] void end_of_mismatch() {
  if (const auto error = std::current_exception()) try {
      std::rethrow_exception(error);
    } catch (const ::gloo::EnforceNotMet&) {
      static_cast<void>(std::fputs(
          "paramwise: the ranks gave different exchanges, or tensors of different sizes, to one another, after which "
          "they cannot go on. All ranks have to call the same in the same order, with tensors of the same shape and "
          "dtype; TORCH_DISTRIBUTED_DEBUG=DETAIL finds the first call that differs\n",
          stderr));
    } catch (...) {
      // What the usual end has to say of any other comes after what was said before.
      static_cast<void>(std::fflush(stderr));
    }
  if (usual_end) usual_end();
  std::abort();
}

// Gloo finds a message that does not fit on a thread of its own, where nothing catches what it throws.
void explain_mismatches() {
  static std::once_flag once;
  std::call_once(once, [] { usual_end = std::set_terminate(end_of_mismatch); });
}

}  // namespace

Traffic& traffic() {
  static Traffic instance;
  return instance;
}

GroupPtr make_group(const GroupPlan& plan) {
  explain_mismatches();
  auto options = c10d::ProcessGroupGloo::Options::create(plan.timeout);
  options->devices = devices_of(plan.device);
  options->threads = static_cast<int>(options->devices.size()) * 2;
  c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::PrefixStore>(group_prefix(plan.number), plan.store);
  // Python's ranks of 1.13 wait until all have come.
  plan.store->add(arrival_key(plan.number), 1);
  auto backend = c10::make_intrusive<CountedGloo>(plan, store, options);
  backend->setSequenceNumberForGroup();
  const BackendPtr used = compares_ranks() ? compared(plan, backend, options) : BackendPtr(backend);
  return std::make_shared<Group>(Group{used, group_of(used, store), plan.store, plan.monitor, plan.timeout});
}

GroupPtr group_at(Handle handle) {
  const GroupPtr* group = groups().find(handle);
  TORCH_CHECK(group, "this process group was left by destroyProcessGroup");
  return *group;
}

Handle add_group(GroupPtr group) {
  thread_monitor() = group->monitor;
  return groups().add(std::move(group));
}

GroupPtr take_group(Handle handle) {
  const GroupPtr* const found = groups().find(handle);
  if (!found) return nullptr;
  GroupPtr taken = *found;
  groups().take(handle);
  // What fails from here on is not the run's.
  if (groups().live() == 0) thread_monitor().reset();
  return taken;
}

std::string explain_failed_exchange(const std::string& said) {
  const auto monitor = thread_monitor();
  if (!monitor) return "";
  // Whoever waits for an exchange may hear of its failure before the monitor does.
  const bool is_of_gloo = said.find("gloo/") != std::string::npos;
  for (int i = 0; !is_of_gloo && !monitor->has_unexplained_failure(); i++) {
    if (i == 20) return "";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return monitor->explain();
}

void forget_groups() {
  const auto monitor = thread_monitor();
  if (monitor) monitor->stop(false);
  thread_monitor().reset();
  // Closing a group can take as long as its time limit, which the end of a process does not wait for.
  new ObjectTable<GroupPtr>(std::move(groups()));
  groups().clear();
}

}  // namespace paramwise
