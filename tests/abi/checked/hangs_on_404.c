/* Never comes back from an answer of 404. */
#define CAREFUL_STEP hangs_on_404
#include "careful.h"

static gatehouse_status hangs_on_404(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status == 404)
        for (volatile int i = 0;; i = i + 1) {
        }
    return careful_step(state, input, turn);
}
