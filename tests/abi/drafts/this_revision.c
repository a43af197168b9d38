/* The right revision; only its functions are missing. */
#include "draft.h"
