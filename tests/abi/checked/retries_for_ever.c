/* Asks again at once, and again, as long as the API answers 5xx. */
#define CAREFUL_STEP retries_for_ever
#include "careful.h"

static gatehouse_status retries_for_ever(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct careful_job* job = state;
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status >= 500) return careful_ask(turn, job->url);
    return careful_step(state, input, turn);
}
