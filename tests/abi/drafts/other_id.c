/* Another interface behind the same symbol. */
#define DRAFT_ID "gatehouse.simulator/2"
#include "draft.h"
