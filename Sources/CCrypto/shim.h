// The hash functions themselves: those behind them look for a provider, which a configuration may take away.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
