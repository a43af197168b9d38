/* Asks for two things in one step. */
#define CAREFUL_STEP asks_twice
#include "careful.h"

static gatehouse_status asks_twice(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct careful_job* job = state;
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status == 429)
        turn->sleep(turn->context, 1000), careful_ask(turn, job->url);
    else
        return careful_step(state, input, turn);
    return GATEHOUSE_OK;
}
