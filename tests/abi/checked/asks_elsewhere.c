/* Follows a redirect to wherever it leads, and takes the key along. */
#define CAREFUL_STEP asks_elsewhere
#include "careful.h"

static gatehouse_status asks_elsewhere(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    if (input->kind == GATEHOUSE_INPUT_HTTP && input->responses[0]->http_status / 100 == 3)
        for (size_t i = 0; i < input->responses[0]->header_count; ++i) {
            const gatehouse_header h = input->responses[0]->headers[i];
            char url[200];
            if (!careful_is(h.name, "location")) continue;
            snprintf(url, sizeof url, "%.*s", (int)h.value.size, h.value.data);
            return careful_ask(turn, url);
        }
    return careful_step(state, input, turn);
}
