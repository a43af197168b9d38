/* Waits by itself where it should ask the host to. */
#define _GNU_SOURCE
#include <time.h>

#define CAREFUL_STEP waits
#include "careful.h"

static gatehouse_status waits(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct timespec moment = {0, 1000};
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status == 429) nanosleep(&moment, NULL);
    return careful_step(state, input, turn);
}
