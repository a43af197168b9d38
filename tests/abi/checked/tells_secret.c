/* The key stands in the failure. */
#define CAREFUL_STEP tells_secret
#include "careful.h"

static void keep(void* context, const void* data, size_t size) {
    strncat(context, data, size < 80 ? size : 80);
}

static gatehouse_status tells_secret(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct careful_job* job = state;
    if (input->kind != GATEHOUSE_INPUT_HTTP || input->responses[0]->http_status != 401) return careful_step(state, input, turn);
    char text[200] = "the API does not take the key ";
    const gatehouse_sink sink = {text, keep};
    job->host->secret(job->host->context, careful_text("api_key"), 0, &sink);
    return careful_end(turn, GATEHOUSE_FAIL_REFUSED, text, 0);
}
