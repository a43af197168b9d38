/* A token that the API gave stands in the log. */
#define CAREFUL_STEP tells_token
#include "careful.h"

static gatehouse_status tells_token(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct careful_job* job = state;
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->body.size > 0 && input->responses[0]->body.size < 4000) {
        const gatehouse_text all = {(const char*)input->responses[0]->body.data, input->responses[0]->body.size};
        job->host->log(job->host->context, GATEHOUSE_LOG_INFO, all);
    }
    return careful_step(state, input, turn);
}
