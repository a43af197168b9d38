/* A helper is exported, too. */
#include "careful.h"

GATEHOUSE_EXPORT int careful_helper(void);
int careful_helper(void) {
    return 1;
}
