/* Nothing is wrong with this one. */
#include "careful.h"
