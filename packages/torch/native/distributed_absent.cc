// In place of distributed.cc, groups.cc, monitor.cc and reducer.cc where Gloo's headers were not there to build with.

#include <c10/util/Exception.h>

#include "distributed.h"
#include "exports.h"
#include "guard.h"
#include "napi.h"

namespace paramwise {

namespace {

[[noreturn]] double refuse() {
  TORCH_CHECK(false,
              "this engine was built without Gloo, which ranks exchange tensors by. On Debian: "
              "apt-get install -y --no-install-recommends libgloo-dev, then run `npx paramwise setup` "
              "(in a checkout: npm run setup) once more");
}

napi_value refuse_promise(napi_env env) {
  return guarded(env, []() -> napi_value { refuse(); });
}

}  // namespace

std::string explain_failed_exchange(const std::string&) { return ""; }
void forget_groups() {}

napi_value group_join(napi_env env, napi_callback_info) { return refuse_promise(env); }
napi_value group_split(napi_env env, napi_callback_info) { return refuse_promise(env); }
napi_value group_leave(napi_env env, napi_callback_info) { return refuse_promise(env); }
napi_value work_promise(napi_env env, napi_callback_info) { return refuse_promise(env); }
double work_wait(Reader&, Writer&) { refuse(); }
double exchange_all_reduce(Reader&, Writer&) { refuse(); }
double exchange_broadcast(Reader&, Writer&) { refuse(); }
double exchange_all_gather(Reader&, Writer&) { refuse(); }
double exchange_all_to_all(Reader&, Writer&) { refuse(); }
double exchange_barrier(Reader&, Writer&) { refuse(); }
double exchange_send(Reader&, Writer&) { refuse(); }
double exchange_receive(Reader&, Writer&) { refuse(); }
double exchange_broadcast_all(Reader&, Writer&) { refuse(); }
double exchange_traffic(Reader&, Writer&) { refuse(); }
double group_lost_ranks(Reader&, Writer&) { refuse(); }
double reducer_new(Reader&, Writer&) { refuse(); }
double reducer_before_forward(Reader&, Writer&) { refuse(); }
double reducer_before_backward(Reader&, Writer&) { refuse(); }
double reducer_release(Reader&, Writer&) { refuse(); }

}  // namespace paramwise
