// OpenSSL's function-like macros as inline functions; nothing else lives here.
#pragma once
#include <openssl/evp.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline void *havre_secure_malloc(size_t count) { return OPENSSL_secure_malloc(count); }
static inline void *havre_malloc(size_t count) { return OPENSSL_malloc(count); }
static inline void havre_secure_clear_free(void *start, size_t count) { OPENSSL_secure_clear_free(start, count); }
// One line, special characters escaped, the rest as UTF-8 (RFC 2253).
static inline int havre_print_name(BIO *out, const X509_NAME *name) {
    return X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}
