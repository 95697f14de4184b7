// Which tables there are, and which of them this processor can run.
#include "include/CKernels.h"

extern const ck_kernels ck_portable_float, ck_portable_double;

#if defined(__x86_64__)
extern const ck_kernels ck_avx2_float, ck_avx2_double, ck_avx512_float, ck_avx512_double;

static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
    && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

ck_instruction_set ck_best(void) {
#if defined(__x86_64__)
  if (has_avx512()) return CK_AVX512;
  if (has_avx2()) return CK_AVX2;
#endif
  return CK_PORTABLE;
}

const ck_kernels *ck_kernels_for(ck_instruction_set set, ck_element element) {
  const int is_double = element == CK_DOUBLE;
  switch (set) {
  case CK_PORTABLE:
    return is_double ? &ck_portable_double : &ck_portable_float;
#if defined(__x86_64__)
  case CK_AVX2:
    return !has_avx2() ? NULL : is_double ? &ck_avx2_double : &ck_avx2_float;
  case CK_AVX512:
    return !has_avx512() ? NULL : is_double ? &ck_avx512_double : &ck_avx512_float;
#endif
  default:
    return NULL;
  }
}
