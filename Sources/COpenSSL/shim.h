// OpenSSL's function-like macros as inline functions; nothing else lives here.
#pragma once
#include <openssl/evp.h>
#include <openssl/crypto.h>
