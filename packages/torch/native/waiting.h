// What JavaScript must not wait for: a task runs on a thread of its own and settles a promise.
#pragma once

#include <node_api.h>

#include <functional>

namespace paramwise {

// Runs on JavaScript's thread once the task is done; its number is what the promise resolves to.
using Finish = std::function<double()>;
// Runs on a thread of its own. Whatever it throws rejects the promise. It has to have a time limit.
using Task = std::function<Finish()>;

// The process stays alive until the promise is settled.
napi_value promise_of(napi_env env, Task task);

}  // namespace paramwise
