// The kernels for any processor and elements of type float.
#include "include/CKernels.h"

#define CK_DOUBLE_ELEMENT 0
#define CK_TABLE ck_portable_float
#define CK_TABLE_SET CK_PORTABLE
#define CK_TABLE_ELEMENT CK_FLOAT

#include "instructions/portable.h"
#include "template/kernels.h"
