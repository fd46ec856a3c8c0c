// The registrar: the table of exported functions.

#include "distributed.h"
#include "exports.h"
#include "guard.h"
#include "memory.h"
#include "napi.h"
#include "operators.h"
#include "tensor.h"

namespace paramwise {

namespace {

using Function = double (*)(Reader&, Writer&);

template <Function function>
napi_value exported(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    Wire& shared = wire();
    Reader in = shared.reader();
    shared.out.clear();
    const double result = function(in, shared.out);
    flush(shared);
    report_memory(env);
    napi_value value;
    check(napi_create_double(env, result, &value), "returning a number");
    return value;
  });
}

struct Entry {
  const char* name;
  napi_callback function;
};

constexpr Entry kExports[] = {
    {"bindWire", bind_wire},
    {"intern", intern},
    {"stringOf", string_of},
    {"schemas", schemas},
    {"fromBytes", from_bytes},
    {"toBytes", to_bytes},
    {"find", exported<op_find>},
    {"call", exported<op_call>},
    {"allowUnchecked", exported<op_allow_unchecked>},
    {"release", exported<tensor_release>},
    {"info", exported<tensor_info>},
    {"alive", exported<tensor_alive>},
    {"item", exported<tensor_item>},
    {"liveCount", exported<tensor_live_count>},
    {"liveBytes", exported<tensor_live_bytes>},
    {"emptyCache", exported<memory_empty_cache>},
    {"backward", exported<autograd_backward>},
    {"grad", exported<autograd_grad>},
    {"gradEnabled", exported<autograd_enabled>},
    {"setGradEnabled", exported<autograd_set_enabled>},
    {"requiresGrad", exported<autograd_requires_grad>},
    {"getGrad", exported<autograd_get_grad>},
    {"setGrad", exported<autograd_set_grad>},
    {"setAutocast", exported<autocast_set>},
    {"setData", exported<autograd_set_data>},
    {"haveGrads", exported<grads_present>},
    {"zeroGrads", exported<grads_zero>},
    {"gradNorm", exported<grads_norm>},
    {"gradsFinite", exported<grads_finite>},
    {"scaleGrads", exported<grads_scale>},
    {"clipGradValue", exported<grads_clip_value>},
    {"optimizerCheck", exported<optimizer_check>},
    {"optimizerStep", exported<optimizer_step>},
    {"joinGroup", group_join},
    {"splitGroup", group_split},
    {"leaveGroup", group_leave},
    {"workPromise", work_promise},
    {"workWait", exported<work_wait>},
    {"allReduce", exported<exchange_all_reduce>},
    {"broadcast", exported<exchange_broadcast>},
    {"allGather", exported<exchange_all_gather>},
    {"allToAll", exported<exchange_all_to_all>},
    {"barrier", exported<exchange_barrier>},
    {"send", exported<exchange_send>},
    {"receive", exported<exchange_receive>},
    {"broadcastAll", exported<exchange_broadcast_all>},
    {"traffic", exported<exchange_traffic>},
    {"lostRanks", exported<group_lost_ranks>},
    {"newReducer", exported<reducer_new>},
    {"beforeForward", exported<reducer_before_forward>},
    {"beforeBackward", exported<reducer_before_backward>},
    {"releaseReducer", exported<reducer_release>},
    {"manualSeed", exported<runtime_manual_seed>},
    {"getRngState", exported<runtime_get_rng_state>},
    {"setRngState", exported<runtime_set_rng_state>},
    {"seededOrder", exported<runtime_seeded_order>},
    {"threads", exported<runtime_threads>},
    {"setThreads", exported<runtime_set_threads>},
    {"versions", exported<runtime_versions>},
};

void forget_thread(void*) {
  forget_groups();
  tensors().clear();
  forget_operators();
  forget_wire();
}

napi_value init(napi_env env, napi_value exports) {
  return guarded(env, [&] {
    install_memory_pool();
    // A worker thread that ends gives back what it held; in the main thread the process ends with it.
    check(napi_add_env_cleanup_hook(env, forget_thread, nullptr), "adding a clean-up hook");
    for (const Entry& entry : kExports) {
      napi_value function;
      check(napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, nullptr, &function),
            "making a function");
      check(napi_set_named_property(env, exports, entry.name, function), "exporting a function");
    }
    return exports;
  });
}

}  // namespace

}  // namespace paramwise

NAPI_MODULE_INIT() { return paramwise::init(env, exports); }
