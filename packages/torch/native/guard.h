// Every exported function runs inside `guarded`: whatever C++ throws becomes a JavaScript error, so nothing that
// JavaScript passes in can end the process. The raw Node-API is used where a call must be cheap.
#pragma once

#include <node_api.h>

#include <c10/util/Exception.h>

#include <exception>
#include <string>

namespace paramwise {

// The schema of the operator that just threw, for the message; asking clears it. Empty where none did.
std::string take_failed_context();

inline napi_value throw_error(napi_env env, const std::string& message, const std::string& cause) {
  // Taken in any case: left behind, it would stand in the next error, of another call.
  const std::string context = take_failed_context();
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return nullptr;  // JavaScript already has the better error
  napi_value text, error, cause_value;
  const std::string full = context.empty() ? message : context + ": " + message;
  if (napi_create_string_utf8(env, full.c_str(), full.size(), &text) != napi_ok) return nullptr;
  if (napi_create_error(env, nullptr, text, &error) != napi_ok) return nullptr;
  if (napi_create_string_utf8(env, cause.c_str(), cause.size(), &cause_value) == napi_ok)
    napi_set_named_property(env, error, "cause", cause_value);
  napi_throw(env, error);
  return nullptr;
}

template <typename Body>
napi_value guarded(napi_env env, Body&& body) {
  try {
    return body();
  } catch (const c10::Error& error) {
    return throw_error(env, error.what_without_backtrace(), error.what());
  } catch (const std::exception& error) {
    return throw_error(env, error.what(), error.what());
  } catch (...) {
    return throw_error(env, "internal: an exception of unknown type", "unknown");
  }
}

}  // namespace paramwise
