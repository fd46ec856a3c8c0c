#include "half.h"

#ifdef PARAMWISE_VECTOR_LEVELS
#include <immintrin.h>
#endif

namespace paramwise {

namespace {

PARAMWISE_INLINE void widen_plainly(const uint16_t* __restrict halves, float* __restrict to, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] = from_float16(halves[i]);
}

PARAMWISE_INLINE void narrow_plainly(const float* __restrict from, uint16_t* __restrict halves, int64_t count) {
  for (int64_t i = 0; i < count; i++) halves[i] = to_float16(from[i]);
}

#ifdef PARAMWISE_VECTOR_LEVELS
#define PARAMWISE_DEFAULT __attribute__((target("default")))
#define PARAMWISE_F16C __attribute__((target("arch=x86-64-v3")))

PARAMWISE_F16C void widen_halves(const uint16_t* halves, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + i))));
  widen_plainly(halves + i, to + i, count - i);
}

PARAMWISE_F16C void narrow_halves(const float* from, uint16_t* halves, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  narrow_plainly(from + i, halves + i, count - i);
}
#else
#define PARAMWISE_DEFAULT
#endif

PARAMWISE_DEFAULT void widen_halves(const uint16_t* halves, float* to, int64_t count) {
  widen_plainly(halves, to, count);
}

PARAMWISE_DEFAULT void narrow_halves(const float* from, uint16_t* halves, int64_t count) {
  narrow_plainly(from, halves, count);
}

}  // namespace

void widen(const c10::Half* from, float* to, int64_t count) {
  widen_halves(reinterpret_cast<const uint16_t*>(from), to, count);
}

void narrow(const float* from, c10::Half* to, int64_t count) {
  narrow_halves(from, reinterpret_cast<uint16_t*>(to), count);
}

}  // namespace paramwise
