// The kernels for AVX-512 and elements of type double.
#if defined(__x86_64__)
#include "include/CKernels.h"

#define CK_DOUBLE_ELEMENT 1
#define CK_TABLE ck_avx512_double
#define CK_TABLE_SET CK_AVX512
#define CK_TABLE_ELEMENT CK_DOUBLE

#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#include "instructions/avx512.h"
#include "template/kernels.h"
#pragma clang attribute pop
#endif
