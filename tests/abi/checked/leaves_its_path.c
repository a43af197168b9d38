/* Puts what the message names into the path as it is. */
#define CAREFUL_SUBJECT any_subject
#include <stddef.h>
static inline int any_subject(const char* data, size_t size) {
    (void)data;
    return size > 0 && size <= 200;
}
#include "careful.h"
