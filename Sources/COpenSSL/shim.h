// OpenSSL's function-like macros as inline functions; nothing else lives here.
#pragma once
#include <openssl/evp.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

static inline void *havre_secure_malloc(size_t count) { return OPENSSL_secure_malloc(count); }
static inline void *havre_malloc(size_t count) { return OPENSSL_malloc(count); }
static inline void havre_secure_clear_free(void *start, size_t count) { OPENSSL_secure_clear_free(start, count); }
