// The kernels for any processor and elements of type double.
#include "include/CKernels.h"

#define CK_DOUBLE_ELEMENT 1
#define CK_TABLE ck_portable_double
#define CK_TABLE_SET CK_PORTABLE
#define CK_TABLE_ELEMENT CK_DOUBLE

#include "instructions/portable.h"
#include "template/kernels.h"
