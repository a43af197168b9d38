/* Takes every answer of 200 for text that ends. */
#define CAREFUL_STEP crashes_on_binary
#include "careful.h"

static gatehouse_status crashes_on_binary(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status == 200 && input->responses[0]->body.size > 0) {
        const char* volatile found = memchr(input->responses[0]->body.data, '{', input->responses[0]->body.size);
        if (*found != '{') return careful_end(turn, GATEHOUSE_FAIL_INVALID, "no JSON", 0);
    }
    return careful_step(state, input, turn);
}
