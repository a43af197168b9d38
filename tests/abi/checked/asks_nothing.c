/* Has nothing to say about an answer that is empty. */
#define CAREFUL_STEP asks_nothing
#include "careful.h"

static gatehouse_status asks_nothing(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status == 200 && input->responses[0]->body.size == 0)
        return GATEHOUSE_OK;
    return careful_step(state, input, turn);
}
