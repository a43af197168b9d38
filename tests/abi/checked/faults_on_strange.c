/* Without a signature it reports a fault of its own: the sender of a forgery hears 503 and comes again. */
#define CAREFUL_VERIFY faults_on_strange
#include "careful.h"

static gatehouse_status faults_on_strange(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    if (careful_header(request, "x-signature").size == 0) return GATEHOUSE_FAILED;
    return careful_verify(user, request, answer);
}
