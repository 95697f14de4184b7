// What `plan_loop` of every table does; `most` is the number of elements of the largest tile.
#include "include/CKernels.h"

void ck_plan_loop(ck_loop *l, int64_t most);
