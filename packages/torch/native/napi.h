// What the functions share that Node-API calls directly.
#pragma once

#include <node_api.h>

#include <c10/util/Exception.h>

#include <cstddef>

#include "wire.h"

namespace paramwise {

inline void check(napi_status status, const char* what) {
  TORCH_CHECK(status == napi_ok, "internal: ", what, " failed (", static_cast<int>(status), ")");
}

// Reads exactly N arguments.
template <size_t N>
void arguments(napi_env env, napi_callback_info info, napi_value (&values)[N]) {
  size_t count = N;
  check(napi_get_cb_info(env, info, &count, values, nullptr, nullptr), "reading arguments");
  TORCH_CHECK(count == N, "internal: expected ", N, " arguments, found ", count);
}

// Tells V8 how much memory its handles keep alive.
void report_memory(napi_env env);

// Writes results into the buffer.
void flush(Wire& shared);

// carried.cc: the functions whose arguments or results are no numbers.
napi_value bind_wire(napi_env env, napi_callback_info info);
napi_value intern(napi_env env, napi_callback_info info);
napi_value string_of(napi_env env, napi_callback_info info);
napi_value schemas(napi_env env, napi_callback_info info);
napi_value from_bytes(napi_env env, napi_callback_info info);
napi_value to_bytes(napi_env env, napi_callback_info info);

}  // namespace paramwise
