// CRC-64/NVME and CRC-32C at the speed of memory: carry-less multiplication where the processor has it,
// tables of sixteen slices elsewhere. Written in C because Swift has no access to these instructions.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Both take the CRC of what came before (0 at the start) and return the CRC with `count` bytes more.
uint64_t havre_crc64nvme(uint64_t crc, const void *bytes, size_t count);
uint32_t havre_crc32c(uint32_t crc, const void *bytes, size_t count);

// The same by tables alone, for processors without the instructions and for tests.
uint64_t havre_crc64nvme_portable(uint64_t crc, const void *bytes, size_t count);
uint32_t havre_crc32c_portable(uint32_t crc, const void *bytes, size_t count);
