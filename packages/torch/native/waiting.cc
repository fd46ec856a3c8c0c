#include "waiting.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "guard.h"
#include "napi.h"

namespace paramwise {

namespace {

struct Outcome {
  napi_deferred deferred;
  Finish finish;
  std::optional<std::string> refusal;
};

void settle(napi_env env, const Outcome& outcome) {
  std::optional<std::string> refusal = outcome.refusal;
  napi_value value = nullptr;
  if (!refusal) {
    try {
      check(napi_create_double(env, outcome.finish(), &value), "returning a number");
    } catch (const std::exception& error) {
      refusal = error.what();
    }
  }
  if (!refusal) {
    napi_resolve_deferred(env, outcome.deferred, value);
    return;
  }
  napi_value text, error;
  if (napi_create_string_utf8(env, refusal->c_str(), refusal->size(), &text) != napi_ok) return;
  if (napi_create_error(env, nullptr, text, &error) != napi_ok) return;
  napi_reject_deferred(env, outcome.deferred, error);
}

// The way back into JavaScript's thread. Tasks may outlive it: they then find it closed.
class Way {
 public:
  void open(napi_env env) {
    napi_value name;
    check(napi_create_string_utf8(env, "paramwise", NAPI_AUTO_LENGTH, &name), "making a string");
    check(
        napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, arrived, &function_),
        "making a way between threads");
    check(napi_unref_threadsafe_function(env, function_), "letting the process end");
  }

  void expect(napi_env env) {
    if (pending_++ == 0) check(napi_ref_threadsafe_function(env, function_), "keeping the process alive");
  }

  void expect_no_more(napi_env env) {
    if (--pending_ == 0) napi_unref_threadsafe_function(env, function_);
  }

  void send(std::unique_ptr<Outcome> outcome) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    Outcome* given = outcome.release();
    if (napi_call_threadsafe_function(function_, given, napi_tsfn_nonblocking) != napi_ok) outcome.reset(given);
  }

  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }

 private:
  static void arrived(napi_env env, napi_value, void* context, void* data) {
    const std::unique_ptr<Outcome> outcome(static_cast<Outcome*>(data));
    if (!env) return;
    auto* const way = static_cast<Way*>(context);
    way->expect_no_more(env);
    settle(env, *outcome);
    report_memory(env);
  }

  napi_threadsafe_function function_ = nullptr;
  size_t pending_ = 0;  // of JavaScript's thread alone
  std::mutex mutex_;
  bool closed_ = false;
};

// Kept for good: a task that ends after its thread's JavaScript still looks whether the way is closed.
Way& way_of(napi_env env) {
  static thread_local Way* way = nullptr;
  if (!way) {
    auto opened = std::make_unique<Way>();
    opened->open(env);
    way = opened.release();
    // Hooks run in reverse order: this one before the function goes.
    const auto close = [](void* opened_way) {
      static_cast<Way*>(opened_way)->close();
      way = nullptr;
    };
    check(napi_add_env_cleanup_hook(env, close, way), "adding a clean-up hook");
  }
  return *way;
}

void run(const Task& task, Way& way, napi_deferred deferred) {
  auto outcome = std::make_unique<Outcome>(Outcome{deferred, {}, {}});
  try {
    outcome->finish = task();
  } catch (const c10::Error& error) {
    outcome->refusal = error.what_without_backtrace();
  } catch (const std::exception& error) {
    outcome->refusal = error.what();
  } catch (...) {
    outcome->refusal = "internal: an exception of unknown type";
  }
  way.send(std::move(outcome));
}

}  // namespace

napi_value promise_of(napi_env env, Task task) {
  Way& way = way_of(env);
  napi_deferred deferred;
  napi_value promise;
  check(napi_create_promise(env, &deferred, &promise), "making a promise");
  way.expect(env);
  try {
    std::thread([task = std::move(task), &way, deferred] { run(task, way, deferred); }).detach();
  } catch (...) {
    way.expect_no_more(env);
    throw;
  }
  return promise;
}

}  // namespace paramwise
