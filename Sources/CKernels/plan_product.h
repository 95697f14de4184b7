// What `plan_product` of every table begins with: what depends on shapes alone, never on the
// instruction set, because it decides in which order terms are added up. `lanes` are those of the
// element type.
#include "include/CKernels.h"

void ck_plan_product(ck_product *p, int64_t lanes);
