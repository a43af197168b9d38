/* Counts on its job to come to an end. */
#define CAREFUL_STEP crashes_when_dropped
#define CAREFUL_DROP dropped
static void dropped(void* state);
#include "careful.h"

static int open_jobs;
static gatehouse_status crashes_when_dropped(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    open_jobs = input->kind == GATEHOUSE_INPUT_START;
    return careful_step(state, input, turn);
}
static void dropped(void* state) {
    if (open_jobs) abort();
    free(state);
}
