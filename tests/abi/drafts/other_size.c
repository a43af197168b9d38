/* A struct of another size: a draft does not grow, it changes. */
#define DRAFT_SIZE (sizeof(gatehouse_simulator) + 8)
#include "draft.h"
