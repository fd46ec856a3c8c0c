// The functions that JavaScript may call, one line each; addon.cc registers them, `src/native.ts` declares them.
// Arguments come over the wire; a number is returned directly, anything else is written to `out`.
#pragma once

#include <node_api.h>

#include "wire.h"

namespace paramwise {

// dispatch.cc
double op_find(Reader& in, Writer& out);  // name → id
double op_call(Reader& in, Writer& out);  // id, count, arguments… → handle, or -1 and the results

// trust.cc
double op_allow_unchecked(Reader& in, Writer& out);  // 1 | 0

// tensor_io.cc
double tensor_release(Reader& in, Writer& out);  // count, handles… → how many were alive
double tensor_info(Reader& in, Writer& out);  // handle → [dtype, device, requires_grad, is_leaf, contiguous], shape
double tensor_alive(Reader& in, Writer& out);  // handle → 1 | 0
double tensor_item(Reader& in, Writer& out);  // handle → its single value
double tensor_live_count(Reader& in, Writer& out);
double tensor_live_bytes(Reader& in, Writer& out);

// memory.cc
double memory_empty_cache(Reader& in, Writer& out);  // → bytes given back

// autograd.cc
double autograd_backward(Reader& in, Writer& out);  // roots, gradients|None, retain_graph, create_graph, inputs|None
double autograd_grad(Reader& in,
                     Writer& out);  // outputs, inputs, gradients|None, retain_graph, create_graph, allow_unused → list
double autograd_enabled(Reader& in, Writer& out);
double autograd_set_enabled(Reader& in, Writer& out);  // Bool → what it was
double autograd_requires_grad(Reader& in, Writer& out);  // handle, Bool
double autograd_get_grad(Reader& in, Writer& out);  // handle → handle, or -1 for none
double autograd_set_grad(Reader& in, Writer& out);  // handle, Tensor|None
double autocast_set(Reader& in, Writer& out);  // CUDA, on, dtype id → [was on, dtype id]
double autograd_set_data(Reader& in, Writer& out);  // handle, Tensor: same parameter, other data

// grads.cc: parameters are `count, handles…`, settings plain numbers
double grads_present(Reader& in, Writer& out);  // parameters → for each 0: none, 1: on the CPU, 2: elsewhere
double grads_zero(Reader& in, Writer& out);  // parameters, set_to_none
double grads_norm(Reader& in, Writer& out);  // parameters, norm type → total norm, -1 where there is no gradient
double grads_finite(Reader& in, Writer& out);  // parameters → 1 where all gradients are finite, else 0
double grads_scale(Reader& in, Writer& out);  // parameters, factor
double grads_clip_value(Reader& in, Writer& out);  // parameters, clip value

// step.cc
double optimizer_check(Reader& in, Writer& out);  // as optimizer_step, which would refuse what this refuses
double optimizer_step(Reader& in,
                      Writer& out);  // algorithm, count, gradient factor and limit, (parameter, states…, constants…)…

// distributed.cc: `group` is the handle of a process group, limits are milliseconds. What begins an exchange gives its
// handle, to be waited for once.
napi_value group_join(napi_env env,
                      napi_callback_info info);  // rank, size, port, limit, of joining, holds the store, who else
// holds it|-1, host, device, prefix → promise of a group
napi_value group_split(napi_env env, napi_callback_info info);  // group, limit, number, size, rank in it|-1, device →
    // promise of a group, of -1 where this rank is not in it
napi_value group_leave(napi_env env, napi_callback_info info);  // group, whether it is the whole run → promise
napi_value work_promise(napi_env env, napi_callback_info info);  // exchange, limit → promise
double work_wait(Reader& in, Writer& out);  // exchange, limit
double exchange_all_reduce(Reader& in, Writer& out);  // group, operation, tensor
double exchange_broadcast(Reader& in, Writer& out);  // group, root, tensor
double exchange_all_gather(Reader& in, Writer& out);  // group, tensor, tensors of all
double exchange_all_to_all(Reader& in, Writer& out);  // group, output, input
double exchange_barrier(Reader& in, Writer& out);  // group
double exchange_send(Reader& in, Writer& out);  // group, destination, tag, tensor
double exchange_receive(Reader& in, Writer& out);  // group, source, tag, tensor
double exchange_broadcast_all(Reader& in, Writer& out);  // group, root, bytes at once, tensors; waits
double exchange_traffic(Reader& in, Writer& out);  // → operations, bytes
double group_lost_ranks(Reader& in, Writer& out);  // group → list

// reducer.cc
double reducer_new(Reader& in, Writer& out);  // group, bytes of a bucket, of the first, find unused, as views,
    // count, sparse…, parameters, names… → handle
double reducer_before_forward(Reader& in, Writer& out);  // reducer
double reducer_before_backward(Reader& in, Writer& out);  // reducer, outputs
double reducer_release(Reader& in, Writer& out);  // reducer → 1 | 0

// runtime.cc
double runtime_manual_seed(Reader& in, Writer& out);
double runtime_get_rng_state(Reader& in, Writer& out);
double runtime_set_rng_state(Reader& in, Writer& out);
double runtime_seeded_order(Reader& in, Writer& out);  // n, seed → handle of 0 … n - 1 in random order
double runtime_threads(Reader& in, Writer& out);
double runtime_set_threads(Reader& in, Writer& out);
double runtime_versions(Reader& in,
                        Writer& out);  // → [libtorch, BLAS, parallel backend, CPU capability, vector level, cuda]

}  // namespace paramwise
