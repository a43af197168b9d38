/* Whatever the API answers is the document. */
#define CAREFUL_STEP takes_errors
#include "careful.h"

static gatehouse_status takes_errors(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->net == GATEHOUSE_NET_OK)
        return careful_document(turn, input->responses[0]->body);
    return careful_step(state, input, turn);
}
