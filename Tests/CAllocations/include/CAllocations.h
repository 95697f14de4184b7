#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

/// How many allocations the process has asked the C library for. A program that links this has all of them
/// counted, whichever library makes them.
long allocation_count(void);

#endif
