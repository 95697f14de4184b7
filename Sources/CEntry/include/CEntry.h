// What the process was started with, as the system handed it to the program's entry.

#pragma once

// How many arguments there are, the program's name among them; 0 where this C library does not tell.
int centry_count(void);

// An argument, from 0; not to be changed.
const char *centry_argument(int index);
