/* During a rotation it tries the first secret and no other. */
#define CAREFUL_VERIFY first_secret_only
#include "careful.h"

static gatehouse_status first_secret_only(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    if (careful_signed(user, request->body, careful_header(request, "x-signature"), 0)) return careful_accept(answer);
    return careful_refuse(answer, "signature_mismatch");
}
