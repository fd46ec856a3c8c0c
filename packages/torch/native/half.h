// float16 and bfloat16 to float32 and back, rounding to nearest even, without branches, so that the compiler turns loops
// over them into vector code. c10's own conversions stay element by element.
#pragma once

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <cstdint>
#include <cstring>

#include "spans.h"

namespace paramwise {

PARAMWISE_INLINE uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

PARAMWISE_INLINE float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr uint32_t kFloatInfinity = 0x7f800000;

PARAMWISE_INLINE float from_bfloat16(uint16_t half) { return float_of(static_cast<uint32_t>(half) << 16); }

PARAMWISE_INLINE uint16_t to_bfloat16(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return static_cast<uint16_t>((bits & 0x7fffffff) > kFloatInfinity ? 0x7fc0u : rounded);
}

// Exponents of float16 begin at -15, those of float32 at -127. What lies below 2⁻¹⁴ has no leading one: beside ½ its
// bits have the value that they have in float16.
constexpr uint32_t kRebase = 112u << 23;
constexpr uint32_t kOneHalf = 0x3f000000;

PARAMWISE_INLINE float from_float16(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t size = half & 0x7fffu;
  const uint32_t small = bits_of(float_of(size | kOneHalf) - 0.5f);
  const uint32_t normal = (size << 13) + (size < 0x7c00 ? kRebase : 2 * kRebase);
  return float_of((size < 0x400 ? small : normal) | sign);
}

PARAMWISE_INLINE uint16_t to_float16(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t sign = (bits >> 16) & 0x8000;
  const uint32_t size = bits & 0x7fffffff;
  const uint32_t small = bits_of(float_of(size) + 0.5f) - kOneHalf;
  const uint32_t rounded = (size - kRebase + 0xfff + ((size >> 13) & 1)) >> 13;
  const uint32_t normal = rounded < 0x7c00 ? rounded : 0x7c00;
  const uint32_t number = size < 0x38800000 ? small : normal;
  return static_cast<uint16_t>((size > kFloatInfinity ? 0x7e00 : number) | sign);
}

PARAMWISE_INLINE void widen(const c10::BFloat16* from, float* __restrict to, int64_t count) {
  const uint16_t* __restrict halves = reinterpret_cast<const uint16_t*>(from);
  for (int64_t i = 0; i < count; i++) to[i] = from_bfloat16(halves[i]);
}

PARAMWISE_INLINE void narrow(const float* __restrict from, c10::BFloat16* to, int64_t count) {
  uint16_t* __restrict halves = reinterpret_cast<uint16_t*>(to);
  for (int64_t i = 0; i < count; i++) halves[i] = to_bfloat16(from[i]);
}

// float16 by the processor's own instructions where it has them (half.cc).
void widen(const c10::Half* from, float* to, int64_t count);
void narrow(const float* from, c10::Half* to, int64_t count);

}  // namespace paramwise
