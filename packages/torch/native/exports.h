// The functions that JavaScript may call, one line each; addon.cc registers them, `src/native.ts` declares them.
// Arguments come over the wire; a number is returned directly, anything else is written to `out`.
#pragma once

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
