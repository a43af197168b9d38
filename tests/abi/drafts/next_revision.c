/* Made for the next revision of the draft. */
#define DRAFT_REVISION (GATEHOUSE_SIMULATOR_REVISION + 1)
#include "draft.h"
