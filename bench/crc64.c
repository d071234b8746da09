/* CRC-64/NVME for the benchmark's server: reflected polynomial 0xad93d23594c93659 (NVM Express NVM command set,
   64b CRC), initial value and final XOR all ones. Eight bytes a step by tables.
   build: cc -O2 -shared -fPIC crc64.c -o libcrc64.so */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define REFLECTED 0x9a6c9329ac4bc9b5ULL

static uint64_t table[8][256];

__attribute__((constructor)) static void prepare(void) {
    for (int i = 0; i < 256; i++) {
        uint64_t value = (uint64_t)i;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ REFLECTED : value >> 1;
        table[0][i] = value;
    }
    for (int row = 1; row < 8; row++)
        for (int i = 0; i < 256; i++) table[row][i] = table[row - 1][i] >> 8 ^ table[0][table[row - 1][i] & 255];
}

/* Goes on from `crc`, 0 at the start. */
uint64_t crc64_update(uint64_t crc, const unsigned char *bytes, size_t count) {
    crc = ~crc;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        word ^= crc;
        crc = 0;
        for (int i = 0; i < 8; i++) crc ^= table[7 - i][word >> (8 * i) & 255];
    }
    while (count--) crc = crc >> 8 ^ table[0][(crc ^ *bytes++) & 255];
    return ~crc;
}

static uint64_t apply(const uint64_t *matrix, uint64_t vector) {
    uint64_t sum = 0;
    for (; vector; vector >>= 1, matrix++)
        if (vector & 1) sum ^= *matrix;
    return sum;
}

/* The CRC of two runs of bytes joined, from the CRC of each and the length of the second:
   the first is carried over `count` zero bytes by squaring the matrix of one bit's step. */
uint64_t crc64_combine(uint64_t first, uint64_t second, uint64_t count) {
    uint64_t step[64], square[64];
    step[0] = REFLECTED;
    for (int i = 1; i < 64; i++) step[i] = 1ULL << (i - 1);
    for (int doubling = 0; doubling < 3; doubling++) {
        for (int i = 0; i < 64; i++) square[i] = apply(step, step[i]);
        memcpy(step, square, sizeof step);
    }
    for (; count; count >>= 1) {
        if (count & 1) first = apply(step, first);
        for (int i = 0; i < 64; i++) square[i] = apply(step, step[i]);
        memcpy(step, square, sizeof step);
    }
    return first ^ second;
}
