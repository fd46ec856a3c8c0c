// The registrar: the table of exported functions, and the few that carry bytes or text instead of numbers.

#include <ATen/ATen.h>

#include <cstring>

#include "convert.h"
#include "dispatch.h"
#include "exports.h"
#include "guard.h"
#include "memory.h"
#include "tensor.h"

namespace paramwise {

namespace {

void check(napi_status status, const char* what) {
  TORCH_CHECK(status == napi_ok, "internal: ", what, " failed (", static_cast<int>(status), ")");
}

// V8 collects sooner when it knows how much memory its handles keep alive. Reported in steps: the call is not free.
void report_memory(napi_env env) {
  constexpr int64_t kStep = int64_t{1} << 20;
  static thread_local int64_t reported = 0;
  const int64_t change = tensors().bytes() - reported;
  if (change < kStep && change > -kStep) return;
  int64_t total = 0;
  if (napi_adjust_external_memory(env, change, &total) == napi_ok) reported += change;
}

// Results longer than the buffer wait until JavaScript has bound a larger one; word 0 says how many there are.
void flush(Wire& shared) {
  const auto& words = shared.out.words();
  if (words.empty() || shared.size == 0) return;
  shared.words[0] = static_cast<double>(words.size());
  if (words.size() < shared.size) std::memcpy(shared.words + 1, words.data(), words.size() * sizeof(double));
}

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

template <size_t N>
void arguments(napi_env env, napi_callback_info info, napi_value (&values)[N]) {
  size_t count = N;
  check(napi_get_cb_info(env, info, &count, values, nullptr, nullptr), "reading arguments");
  TORCH_CHECK(count == N, "internal: expected ", N, " arguments, found ", count);
}

std::string text_of(napi_env env, napi_value value) {
  size_t size = 0;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &size), "reading a string");
  std::string text(size, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), size + 1, &size), "reading a string");
  return text;
}

napi_value to_text(napi_env env, const std::string& text) {
  napi_value value;
  check(napi_create_string_utf8(env, text.c_str(), text.size(), &value), "making a string");
  return value;
}

// (ArrayBuffer) → undefined. The buffer stays referenced until another takes its place.
napi_value bind_wire(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value values[1];
    arguments(env, info, values);
    void* data = nullptr;
    size_t bytes = 0;
    check(napi_get_arraybuffer_info(env, values[0], &data, &bytes), "binding the call buffer");
    static thread_local napi_ref held = nullptr;
    if (held) napi_delete_reference(env, held);
    check(napi_create_reference(env, values[0], 1, &held), "holding the call buffer");
    Wire& shared = wire();
    shared.words = static_cast<double*>(data);
    shared.size = bytes / sizeof(double);
    flush(shared);
    napi_value none;
    napi_get_undefined(env, &none);
    return none;
  });
}

napi_value intern(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value values[1];
    arguments(env, info, values);
    napi_value id;
    check(napi_create_uint32(env, wire().intern(text_of(env, values[0])), &id), "returning a number");
    return id;
  });
}

napi_value string_of(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value values[1];
    arguments(env, info, values);
    uint32_t id = 0;
    check(napi_get_value_uint32(env, values[0], &id), "reading a number");
    return to_text(env, wire().string(id));
  });
}

napi_value schemas(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    const auto all = list_schemas();
    napi_value array;
    check(napi_create_array_with_length(env, all.size(), &array), "making an array");
    for (size_t i = 0; i < all.size(); i++)
      check(napi_set_element(env, array, static_cast<uint32_t>(i), to_text(env, all[i])), "filling an array");
    return array;
  });
}

// (ArrayBuffer, byte offset, byte length) with `dtype id, dimensions, sizes…` on the wire → handle of a copy.
napi_value from_bytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value values[3];
    arguments(env, info, values);
    void* data = nullptr;
    size_t bytes = 0;
    double offset = 0, length = 0;
    check(napi_get_arraybuffer_info(env, values[0], &data, &bytes), "reading a buffer");
    check(napi_get_value_double(env, values[1], &offset), "reading a number");
    check(napi_get_value_double(env, values[2], &length), "reading a number");
    TORCH_CHECK(offset >= 0 && length >= 0 && offset + length <= static_cast<double>(bytes),
                "internal: bytes outside their buffer");
    Reader in = wire().reader();
    const auto dtype = parse_dtype(wire().string(in.id()));
    std::vector<int64_t> shape(in.count());
    for (auto& size : shape) size = static_cast<int64_t>(in.number());
    const at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
    TORCH_CHECK_VALUE(tensor.nbytes() == static_cast<size_t>(length), "shape ", tensor.sizes(), " of ",
                      dtype_name(dtype), " needs ", tensor.nbytes(), " bytes, found ", length);
    if (length > 0)
      std::memcpy(tensor.data_ptr(), static_cast<char*>(data) + static_cast<size_t>(offset),
                  static_cast<size_t>(length));
    napi_value handle;
    check(napi_create_double(env, tensors().add(tensor), &handle), "returning a number");
    report_memory(env);
    return handle;
  });
}

// A handle on the wire → ArrayBuffer with a copy of its elements in row-major order.
napi_value to_bytes(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    Reader in = wire().reader();
    const at::Tensor source = tensors().get(in.number()).detach();
    TORCH_CHECK(source.layout() == c10::kStrided, "the elements of a sparse tensor: call toDense() first");
    const at::Tensor tensor = source.resolve_conj().resolve_neg().to(at::kCPU).contiguous();
    void* data = nullptr;
    napi_value buffer;
    check(napi_create_arraybuffer(env, tensor.nbytes(), &data, &buffer), "making a buffer");
    if (tensor.nbytes() > 0) std::memcpy(data, tensor.data_ptr(), tensor.nbytes());
    return buffer;
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
    {"setData", exported<autograd_detach_data>},
    {"haveGrads", exported<grads_present>},
    {"zeroGrads", exported<grads_zero>},
    {"gradNorm", exported<grads_norm>},
    {"gradsFinite", exported<grads_finite>},
    {"scaleGrads", exported<grads_scale>},
    {"clipGradValue", exported<grads_clip_value>},
    {"optimizerStep", exported<optimizer_step>},
    {"manualSeed", exported<runtime_manual_seed>},
    {"getRngState", exported<runtime_get_rng_state>},
    {"setRngState", exported<runtime_set_rng_state>},
    {"threads", exported<runtime_threads>},
    {"setThreads", exported<runtime_set_threads>},
    {"versions", exported<runtime_versions>},
};

napi_value init(napi_env env, napi_value exports) {
  return guarded(env, [&] {
    install_memory_pool();
    // A worker thread that ends gives its tensors back; in the main thread the process ends with them.
    check(napi_add_env_cleanup_hook(
              env, [](void*) { tensors().clear(); }, nullptr),
          "adding a clean-up hook");
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
