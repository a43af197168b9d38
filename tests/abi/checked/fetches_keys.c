/* Its verifier needs a key first, which a job fetches into its state; and the job does not know what to do without a network. */
#define CAREFUL_VERIFY fetches_keys
#define CAREFUL_STEP careful_step
#include "careful.h"

static void count(void* context, const void* data, size_t size) {
    (void)data;
    *(size_t*)context += size;
}

static gatehouse_status key_step(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const gatehouse_state_entry entry = {CAREFUL_TEXT("key"), {(const uint8_t*)"k", 1}};
    const gatehouse_result done = {.struct_size = sizeof done, .kind = GATEHOUSE_RESULT_DONE};
    (void)state;
    if (input->kind == GATEHOUSE_INPUT_START) return careful_ask(turn, "https://api.careful.example/v1/key");
    if (input->kind == GATEHOUSE_INPUT_STATE) return turn->finish(turn->context, &done);
    if (input->responses[0]->net != GATEHOUSE_NET_OK) return GATEHOUSE_FAILED;
    return turn->put_state(turn->context, &entry, 1);
}

static void key_drop(void* state) {
    (void)state;
}

static gatehouse_status fetches_keys(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const gatehouse_host* host = user;
    size_t size = 0;
    const gatehouse_sink sink = {&size, count};
    const gatehouse_job job = {NULL, key_step, key_drop};
    host->get_state(host->context, careful_text("key"), &sink);
    return size > 0 ? careful_verify(user, request, answer) : answer->need(answer->context, &job);
}
