/* Memory that is given back holds nothing of what was in it: `free` and `realloc` of the whole process, in front of glibc's. */
#ifndef CWIPING_H
#define CWIPING_H

#include <stdbool.h>

/* False under a sanitizer, which brings an allocator of its own. */
bool cwiping_is_on(void);

#endif
