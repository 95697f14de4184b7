// Swift reads arguments from /proc/self/cmdline, which containers may lack: it then sees none. C libraries that hand
// them to constructors, as glibc and Apple's do, have them without.

#include "CEntry.h"

#include <stdlib.h>  // Defines __GLIBC__.

static int count;
static char **arguments;

#if defined(__GLIBC__) || defined(__APPLE__)
__attribute__((constructor)) static void keep(int argument_count, char **argument_list) {
  count = argument_count;
  arguments = argument_list;
}
#endif

int centry_count(void) { return count; }

const char *centry_argument(int index) { return arguments[index]; }
