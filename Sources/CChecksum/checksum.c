#include "CChecksum.h"
#include <string.h>

// Polynomials with the lowest power in the highest bit, as both CRCs shift to the right.
// CRC-64/NVME: NVM Express NVM Command Set Specification 1.0, 5.2.1.3.4. CRC-32C: RFC 3720, B.4.
#define POLYNOMIAL64 0x9A6C9329AC4BC9B5ull
#define POLYNOMIAL32 0x82F63B78u

static uint64_t table64[16][256];
static uint32_t table32[16][256];

__attribute__((constructor)) static void fill_tables(void) {
  for (unsigned i = 0; i < 256; i++) {
    uint64_t a = i;
    uint32_t b = i;
    for (int bit = 0; bit < 8; bit++) {
      a = (a >> 1) ^ ((a & 1) ? POLYNOMIAL64 : 0);
      b = (b >> 1) ^ ((b & 1) ? POLYNOMIAL32 : 0);
    }
    table64[0][i] = a;
    table32[0][i] = b;
  }
  for (int slice = 1; slice < 16; slice++)
    for (unsigned i = 0; i < 256; i++) {
      uint64_t a = table64[slice - 1][i];
      uint32_t b = table32[slice - 1][i];
      table64[slice][i] = (a >> 8) ^ table64[0][a & 255];
      table32[slice][i] = (b >> 8) ^ table32[0][b & 255];
    }
}

static uint64_t load64(const unsigned char *p) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = (value << 8) | p[i];
  return value;
}

// State without the inversion at both ends.
static uint64_t slices64(uint64_t state, const unsigned char *p, size_t count) {
  for (; count >= 16; p += 16, count -= 16) {
    uint64_t a = state ^ load64(p), b = load64(p + 8);
    state = 0;
    for (int i = 0; i < 8; i++)
      state ^= table64[15 - i][(a >> (8 * i)) & 255] ^ table64[7 - i][(b >> (8 * i)) & 255];
  }
  for (; count > 0; p++, count--) state = (state >> 8) ^ table64[0][(state ^ *p) & 255];
  return state;
}

static uint32_t slices32(uint32_t state, const unsigned char *p, size_t count) {
  for (; count >= 16; p += 16, count -= 16) {
    uint64_t a = state ^ load64(p), b = load64(p + 8);
    state = 0;
    for (int i = 0; i < 8; i++)
      state ^= table32[15 - i][(a >> (8 * i)) & 255] ^ table32[7 - i][(b >> (8 * i)) & 255];
  }
  for (; count > 0; p++, count--) state = (state >> 8) ^ table32[0][(state ^ *p) & 255];
  return state;
}

uint64_t havre_crc64nvme_portable(uint64_t crc, const void *bytes, size_t count) {
  return ~slices64(~crc, bytes, count);
}

uint32_t havre_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  return ~slices32(~crc, bytes, count);
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static int has_carryless;

__attribute__((constructor)) static void look_at_processor(void) {
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) has_carryless = (c & bit_PCLMUL) && (c & bit_SSE4_1);
}

#define FAST __attribute__((target("pclmul,sse4.1")))

// One register holds 16 bytes of the message, the first byte lowest: bit i is the coefficient of x^(127-i).
// Shifting it forward by D bits is, modulo the polynomial, (first 8 bytes) · x^(D+64) + (last 8 bytes) · x^D.
// A product of reflected halves comes out one power too high, hence the constants
// x^(D+63) mod P for the low half and x^(D-1) mod P for the high half, reflected over 64 bits.
FAST static inline __m128i fold(__m128i value, __m128i constants, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(value, constants, 0x00);
  __m128i high = _mm_clmulepi64_si128(value, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

static inline __attribute__((always_inline)) FAST __m128i load(const unsigned char *p) {
  return _mm_loadu_si128((const __m128i *)(const void *)p);
}

// Folds at least 128 bytes, whose number is a multiple of 16, to 16 bytes of the same remainder.
FAST static void fold_all(
  uint64_t state, const unsigned char *p, size_t count, __m128i by1024, __m128i by128, unsigned char out[16]
) {
  __m128i a = load(p), b = load(p + 16), c = load(p + 32), d = load(p + 48);
  __m128i e = load(p + 64), f = load(p + 80), g = load(p + 96), h = load(p + 112);
  a = _mm_xor_si128(a, _mm_set_epi64x(0, (long long)state));
  p += 128, count -= 128;
  for (; count >= 128; p += 128, count -= 128) {
    a = fold(a, by1024, load(p));
    b = fold(b, by1024, load(p + 16));
    c = fold(c, by1024, load(p + 32));
    d = fold(d, by1024, load(p + 48));
    e = fold(e, by1024, load(p + 64));
    f = fold(f, by1024, load(p + 80));
    g = fold(g, by1024, load(p + 96));
    h = fold(h, by1024, load(p + 112));
  }
  a = fold(a, by128, b);
  a = fold(a, by128, c);
  a = fold(a, by128, d);
  a = fold(a, by128, e);
  a = fold(a, by128, f);
  a = fold(a, by128, g);
  a = fold(a, by128, h);
  for (; count >= 16; p += 16, count -= 16) a = fold(a, by128, load(p));
  _mm_storeu_si128((__m128i *)(void *)out, a);
}

uint64_t havre_crc64nvme(uint64_t crc, const void *bytes, size_t count) {
  if (!has_carryless || count < 256) return havre_crc64nvme_portable(crc, bytes, count);
  unsigned char rest[16];
  size_t whole = count & ~(size_t)15;
  fold_all(
    ~crc, bytes, whole, _mm_set_epi64x(0x5f852fb61e8d92dcll, (long long)0xa1ca681e733f9c40ull),
    _mm_set_epi64x(0x21e9761e252621acll, (long long)0xeadc41fd2ba3d420ull), rest);
  uint64_t state = slices64(0, rest, 16);
  return ~slices64(state, (const unsigned char *)bytes + whole, count - whole);
}

uint32_t havre_crc32c(uint32_t crc, const void *bytes, size_t count) {
  if (!has_carryless || count < 256) return havre_crc32c_portable(crc, bytes, count);
  unsigned char rest[16];
  size_t whole = count & ~(size_t)15;
  fold_all(
    (uint64_t)(uint32_t)~crc, bytes, whole, _mm_set_epi64x(0x7417153f00000000ll, 0x6577b24500000000ll),
    _mm_set_epi64x(0x3171d43000000000ll, 0x3743f7bd00000000ll), rest);
  uint32_t state = slices32(0, rest, 16);
  return ~slices32(state, (const unsigned char *)bytes + whole, count - whole);
}
#else
uint64_t havre_crc64nvme(uint64_t crc, const void *bytes, size_t count) {
  return havre_crc64nvme_portable(crc, bytes, count);
}

uint32_t havre_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return havre_crc32c_portable(crc, bytes, count);
}
#endif
