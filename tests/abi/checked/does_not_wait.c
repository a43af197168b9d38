/* Passes over Retry-After. */
#define CAREFUL_STEP does_not_wait
#include "careful.h"

static gatehouse_status does_not_wait(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status == 429)
        return careful_end(turn, GATEHOUSE_FAIL_RETRY, "busy", 0);
    return careful_step(state, input, turn);
}
