/* Its verifier says yes to everything. */
#define CAREFUL_VERIFY always_yes
#include "careful.h"

static gatehouse_status always_yes(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    (void)user;
    (void)request;
    return careful_accept(answer);
}
