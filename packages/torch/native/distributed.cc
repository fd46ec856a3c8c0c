// Groups of ranks and what they exchange. An exchange begins in JavaScript's thread, so that its order is the program's, and
// is waited for on another; nothing waits without a time limit.

#include "distributed.h"

#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>

#include "convert.h"
#include "exports.h"
#include "groups.h"
#include "guard.h"
#include "napi.h"
#include "tensor.h"
#include "waiting.h"

namespace paramwise {

namespace {

using std::chrono::milliseconds;

milliseconds read_limit(Reader& in) { return milliseconds(std::max<int64_t>(1, static_cast<int64_t>(in.number()))); }
int read_int(Reader& in) { return static_cast<int>(in.number()); }
std::string read_text(Reader& in) { return std::string(in.text()); }

// An exchange that is under way.
struct Exchange {
  c10::intrusive_ptr<c10d::Work> work;
  std::shared_ptr<Monitor> monitor;
};

ObjectTable<Exchange>& exchanges() {
  static thread_local auto* instance = new ObjectTable<Exchange>();
  return *instance;
}

std::string said_by(const std::exception& error) {
  const auto* const of_torch = dynamic_cast<const c10::Error*>(&error);
  return of_torch ? of_torch->what_without_backtrace() : error.what();
}

void wait_for(const Exchange& exchange, milliseconds limit) {
  try {
    TORCH_CHECK(exchange.work->wait(limit), "it was aborted");
  } catch (const std::exception& error) {
    TORCH_CHECK(false, exchange.monitor->explain(), " (", said_by(error), ")");
  }
}

Exchange read_exchange(Reader& in) {
  auto taken = exchanges().take(in.number());
  TORCH_CHECK(taken, "internal: this exchange was waited for before");
  return *taken;
}

double begun(const GroupPtr& group, c10::intrusive_ptr<c10d::Work> work) {
  return exchanges().add({std::move(work), group->monitor});
}

std::vector<at::Tensor> read_detached(Reader& in) {
  auto tensors = read_tensors(in);
  for (auto& tensor : tensors) tensor = tensor.detach();
  return tensors;
}

// Where the ranks of a run meet.
struct Meeting {
  Monitor::Place place;
  milliseconds timeout, join_limit;
  uint16_t port;
  std::string host, device, prefix;
};

Meeting read_meeting(Reader& in) {
  Meeting meeting;
  meeting.place.rank = read_int(in);
  meeting.place.size = read_int(in);
  meeting.port = static_cast<uint16_t>(in.number());
  meeting.timeout = read_limit(in);
  meeting.join_limit = read_limit(in);
  meeting.place.holds_store = in.number() != 0;
  if (const int holder = read_int(in); holder >= 0) meeting.place.holder_rank = holder;
  meeting.host = read_text(in);
  meeting.device = read_text(in);
  meeting.prefix = read_text(in);
  meeting.place.holder = meeting.place.holder_rank ? "rank " + std::to_string(*meeting.place.holder_rank)
                                                   : "the launcher at " + meeting.host;
  return meeting;
}

// The store holder's end waits until all have come; the monitor's connection is one more to the same store.
c10::intrusive_ptr<c10d::Store> connect(const Meeting& meeting, bool is_first) {
  c10d::TCPStoreOptions options;
  options.port = meeting.port;
  options.timeout = meeting.join_limit;
  options.isServer = is_first && meeting.place.holds_store;
  options.waitWorkers = is_first;
  if (is_first) options.numWorkers = meeting.place.size;
  c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::TCPStore>(meeting.host, options);
  store->setTimeout(meeting.timeout);
  if (!meeting.prefix.empty()) store = c10::make_intrusive<c10d::PrefixStore>(meeting.prefix, store);
  return store;
}

Finish join(const Meeting& meeting) {
  auto store = connect(meeting, true);
  auto monitor = std::make_shared<Monitor>(meeting.place, connect(meeting, false));
  monitor->start();
  // As Python's init_process_group has it, whose ranks may be in the same run.
  auto of_groups = c10::make_intrusive<c10d::PrefixStore>("default_pg", store);
  GroupPtr group;
  try {
    group = make_group(
        {of_groups, monitor, meeting.timeout, meeting.device, 0, meeting.place.rank, meeting.place.size, true});
  } catch (...) {
    monitor->stop(false);
    throw;
  }
  return [group] { return add_group(group); };
}

double nothing() { return 0; }

}  // namespace

napi_value group_join(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    Reader in = wire().reader();
    return promise_of(env, [meeting = read_meeting(in)] { return join(meeting); });
  });
}

napi_value group_split(napi_env env, napi_callback_info) {
  return guarded(env, [&]() -> napi_value {
    Reader in = wire().reader();
    const GroupPtr whole = group_at(in.number());
    GroupPlan plan{whole->store, whole->monitor, read_limit(in), "", read_int(in), 0, 0, false};
    plan.size = read_int(in);
    plan.rank = read_int(in);
    plan.device = read_text(in);
    return promise_of(env, [plan]() -> Finish {
      if (plan.rank < 0) {
        plan.store->add(arrival_key(plan.number), 1);
        return [] { return -1.0; };
      }
      const GroupPtr group = make_group(plan);
      return [group] { return add_group(group); };
    });
  });
}

napi_value group_leave(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    Reader in = wire().reader();
    GroupPtr group = take_group(in.number());
    const bool is_whole = in.number() != 0;
    if (group) forget_reducers(group.get());
    return promise_of(env, [group, is_whole]() mutable -> Finish {
      if (!group) return nothing;
      if (is_whole) group->monitor->stop(true);
      // After a failure closing it can take as long as its time limit: then it is left to the end of the process.
      if (group->monitor->has_failure()) new GroupPtr(group);
      group.reset();
      return nothing;
    });
  });
}

napi_value work_promise(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    Reader in = wire().reader();
    const Exchange exchange = read_exchange(in);
    const auto limit = read_limit(in);
    return promise_of(env, [exchange, limit]() -> Finish {
      wait_for(exchange, limit);
      return nothing;
    });
  });
}

double work_wait(Reader& in, Writer&) {
  const Exchange exchange = read_exchange(in);
  wait_for(exchange, read_limit(in));
  return 0;
}

double exchange_all_reduce(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  c10d::AllreduceOptions options;
  options.reduceOp = static_cast<c10d::ReduceOp::RedOpType>(read_int(in));
  options.timeout = group->timeout;
  auto tensors = read_detached(in);
  return begun(group, group->backend->allreduce(tensors, options));
}

double exchange_broadcast(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  c10d::BroadcastOptions options;
  options.rootRank = read_int(in);
  options.timeout = group->timeout;
  auto tensors = read_detached(in);
  return begun(group, group->backend->broadcast(tensors, options));
}

double exchange_all_gather(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  auto inputs = read_detached(in);
  std::vector<std::vector<at::Tensor>> outputs{read_detached(in)};
  c10d::AllgatherOptions options;
  options.timeout = group->timeout;
  return begun(group, group->backend->allgather(outputs, inputs, options));
}

double exchange_all_to_all(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  at::Tensor output = read_detached(in).at(0);
  at::Tensor input = read_detached(in).at(0);
  c10d::AllToAllOptions options;
  options.timeout = group->timeout;
  std::vector<int64_t> even;
  return begun(group, group->backend->alltoall_base(output, input, even, even, options));
}

double exchange_barrier(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  c10d::BarrierOptions options;
  options.timeout = group->timeout;
  return begun(group, group->backend->barrier(options));
}

double exchange_send(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  const int destination = read_int(in);
  const int tag = read_int(in);
  auto tensors = read_detached(in);
  return begun(group, group->backend->send(tensors, destination, tag));
}

double exchange_receive(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  const int source = read_int(in);
  const int tag = read_int(in);
  auto tensors = read_detached(in);
  return begun(group, group->backend->recv(tensors, source, tag));
}

double exchange_broadcast_all(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  const int root = read_int(in);
  const auto buffer = static_cast<size_t>(in.number());
  const auto tensors = read_detached(in);
  try {
    c10d::broadcast_coalesced(group->process_group, tensors, buffer, root);
  } catch (const std::exception& error) {
    TORCH_CHECK(false, group->monitor->explain(), " (", said_by(error), ")");
  }
  return 0;
}

double exchange_traffic(Reader&, Writer& out) {
  out.number(static_cast<double>(traffic().operations));
  out.number(static_cast<double>(traffic().bytes));
  return -1;
}

double group_lost_ranks(Reader& in, Writer& out) {
  const auto lost = group_at(in.number())->monitor->lost();
  out.put(Tag::List);
  out.number(static_cast<double>(lost.size()));
  for (const int rank : lost) out.integer(rank);
  return -1;
}

}  // namespace paramwise
