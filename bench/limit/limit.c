// The memory limit of an optimizer step: a loop that does nothing but move the bytes that the step has to move, on
// arrays of the same sizes, in the same process, on the same threads (OpenMP, as libtorch uses it) and in huge pages, as
// the tensors of the step lie.
//
//   averages 2 (AdamW): reads θ, g, m, v and writes θ, m, v: 28 bytes an element
//   averages 1 (SGD with momentum): reads θ, g, b and writes θ, b: 20 bytes an element
//
// It asks for memory as far ahead as the step does: a bare loop is a tenth slower than the step itself.
//
// The factors come from outside, so that the compiler cannot know that they are 1 and 0 and leave the work out.
#include <node_api.h>
#include <stdlib.h>
#include <sys/mman.h>

static float *arrays[4];
static int64_t elements;
static int averages;

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORISED
#endif

enum { BLOCK = 64, LINE = 16, AHEAD = 640 };

static inline __attribute__((always_inline)) void ask(const float *at) {
  for (int i = 0; i < BLOCK; i += LINE) __builtin_prefetch(at + AHEAD + i);
}

VECTORISED static void move2(float *restrict p, const float *restrict g, float *restrict m, float *restrict v, int64_t n, float keep, float add) {
  for (int64_t at = 0; at < n; at += BLOCK) {
    const int64_t end = at + BLOCK < n ? at + BLOCK : n;
    ask(p + at), ask(g + at), ask(m + at), ask(v + at);
    for (int64_t i = at; i < end; i++) {
      m[i] = keep * m[i];
      v[i] = keep * v[i];
      p[i] = p[i] + add * g[i];
    }
  }
}

VECTORISED static void move1(float *restrict p, const float *restrict g, float *restrict m, int64_t n, float keep, float add) {
  for (int64_t at = 0; at < n; at += BLOCK) {
    const int64_t end = at + BLOCK < n ? at + BLOCK : n;
    ask(p + at), ask(g + at), ask(m + at);
    for (int64_t i = at; i < end; i++) {
      m[i] = keep * m[i];
      p[i] = p[i] + add * g[i];
    }
  }
}

enum { CHUNK = 1 << 15, HUGE_PAGE = 1 << 21 };

// make(elements, averages)
static napi_value make(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2];
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_int64(env, args[0], &elements);
  napi_get_value_int32(env, args[1], &averages);
  for (int i = 0; i < averages + 2; i++) {
    free(arrays[i]);
    if (posix_memalign((void **)&arrays[i], HUGE_PAGE, elements * sizeof(float)) != 0) {
      napi_throw_error(env, NULL, "limit: out of memory");
      return NULL;
    }
    madvise(arrays[i], elements * sizeof(float), MADV_HUGEPAGE);
    for (int64_t j = 0; j < elements; j++) arrays[i][j] = (float)(j % 1000 - 500) * 1e-3f;
  }
  return NULL;
}

// move(keep, add, threads)
static napi_value move(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value args[3];
  double keep, add;
  int32_t threads;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_double(env, args[0], &keep);
  napi_get_value_double(env, args[1], &add);
  napi_get_value_int32(env, args[2], &threads);
  const int64_t chunks = (elements + CHUNK - 1) / CHUNK;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    const int64_t at = chunk * CHUNK;
    const int64_t n = elements - at < CHUNK ? elements - at : CHUNK;
    if (averages == 2)
      move2(arrays[0] + at, arrays[1] + at, arrays[2] + at, arrays[3] + at, n, keep, add);
    else
      move1(arrays[0] + at, arrays[1] + at, arrays[2] + at, n, keep, add);
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "make", NAPI_AUTO_LENGTH, make, NULL, &function);
  napi_set_named_property(env, exports, "make", function);
  napi_create_function(env, "move", NAPI_AUTO_LENGTH, move, NULL, &function);
  napi_set_named_property(env, exports, "move", function);
  return exports;
}
