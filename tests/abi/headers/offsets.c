/* The layout that members.def promises, checked by the compiler. */
#include <gatehouse/abi.h>

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member " moved")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " is FROZEN and changed its size")
#define FIRST_SIZE(type, size) _Static_assert(sizeof(type) >= (size), #type " shrank")

_Static_assert(sizeof(void*) == 8, "the host runs on 64-bit systems");

#include "members.def"

int gatehouse_offsets_hold(void);
int gatehouse_offsets_hold(void) {
    return 1;
}
