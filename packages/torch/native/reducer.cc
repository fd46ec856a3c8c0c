// c10d's Reducer: what stands behind data-parallel training. Gradients go out in buckets while backward still runs.

#include <limits>

#include "convert.h"
#include "distributed.h"
#include "exports.h"
#include "groups.h"

namespace paramwise {

namespace {

struct Held {
  std::shared_ptr<c10d::Reducer> reducer;
  const Group* group;
};

struct Reducers {
  ObjectTable<Held> table;
  std::vector<Handle> handles;
};

Reducers& reducers() {
  static thread_local auto* instance = new Reducers();
  return *instance;
}

c10d::Reducer& reducer_at(Handle handle) {
  const Held* held = reducers().table.find(handle);
  TORCH_CHECK(held, "its process group was left by destroyProcessGroup, so gradients cannot be exchanged any more");
  return *held->reducer;
}

std::vector<bool> read_flags(Reader& in) {
  std::vector<bool> flags(in.count());
  for (size_t i = 0; i < flags.size(); i++) flags[i] = in.number() != 0;
  return flags;
}

}  // namespace

double reducer_new(Reader& in, Writer&) {
  const GroupPtr group = group_at(in.number());
  ReducerSettings settings;
  settings.group = group->process_group;
  settings.bucket_bytes = static_cast<int64_t>(in.number());
  settings.first_bucket_bytes = static_cast<int64_t>(in.number());
  settings.find_unused = in.number() != 0;
  settings.as_views = in.number() != 0;
  settings.sparse = read_flags(in);
  settings.parameters = read_tensors(in);
  for (size_t i = 0; i < settings.parameters.size(); i++) settings.names[i] = std::string(in.text());
  // As PyTorch does: buckets are made anew after the first pass, in the order in which gradients came. Where unused
  // parameters are looked for they stay as they are.
  const auto first = static_cast<size_t>(settings.first_bucket_bytes);
  const auto next = static_cast<size_t>(settings.bucket_bytes);
  const std::vector<size_t> sizes =
      settings.find_unused ? std::vector<size_t>{first, next} : std::vector<size_t>{std::numeric_limits<size_t>::max()};
  std::tie(settings.buckets, settings.limits) =
      c10d::compute_bucket_assignment_by_size(settings.parameters, sizes, settings.sparse);
  std::reverse(settings.buckets.begin(), settings.buckets.end());
  std::reverse(settings.limits.begin(), settings.limits.end());
  const Handle handle = reducers().table.add({make_reducer(std::move(settings)), group.get()});
  reducers().handles.push_back(handle);
  return handle;
}

double reducer_before_forward(Reader& in, Writer&) {
  c10d::Reducer& reducer = reducer_at(in.number());
  try {
    reducer.rebuild_buckets();
  } catch (const std::exception& error) {
    const std::string reason = explain_failed_exchange(error.what());
    TORCH_CHECK(reason.empty(), "the order of gradients could not be exchanged: ", reason, " (", error.what(), ")");
    throw;
  }
  reducer.prepare_for_forward();
  return 0;
}

double reducer_before_backward(Reader& in, Writer&) {
  c10d::Reducer& reducer = reducer_at(in.number());
  reducer.prepare_for_backward(read_tensors(in));
  return 0;
}

double reducer_release(Reader& in, Writer&) {
  const Handle handle = in.number();
  auto& handles = reducers().handles;
  handles.erase(std::remove(handles.begin(), handles.end(), handle), handles.end());
  return reducers().table.take(handle) ? 1 : 0;
}

void forget_reducers(const Group* group) {
  auto& [table, handles] = reducers();
  const auto is_of_group = [&, &held = table](Handle handle) {
    const Held* found = held.find(handle);
    if (found && found->group == group) held.take(handle);
    return !found || found->group == group;
  };
  handles.erase(std::remove_if(handles.begin(), handles.end(), is_of_group), handles.end());
}

}  // namespace paramwise
