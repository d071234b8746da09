// libsodium, as it is.
#pragma once
#include <sodium/core.h>
#include <sodium/crypto_secretbox.h>
