// What cannot cross as numbers: the call buffer itself, text, the bytes of tensors.

#include <ATen/ATen.h>

#include <cstring>

#include "guard.h"
#include "names.h"
#include "napi.h"
#include "operators.h"
#include "tensor.h"

namespace paramwise {

namespace {

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

}  // namespace

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
    check(napi_create_uint32(env, wire().strings.intern(text_of(env, values[0])), &id), "returning a number");
    return id;
  });
}

napi_value string_of(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value values[1];
    arguments(env, info, values);
    uint32_t id = 0;
    check(napi_get_value_uint32(env, values[0], &id), "reading a number");
    return to_text(env, wire().strings.text(id));
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
    const auto dtype = parse_dtype(wire().strings.text(in.id()));
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

}  // namespace paramwise
