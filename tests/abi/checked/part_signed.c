/* Only the first five bytes of the body are verified. */
#define CAREFUL_VERIFY part_signed
#define CAREFUL_SIGNED_ACCEPT "6617076bb2384f30f4e5c86674612b0f9c36bffdf7c60c1125ccc6bc1e8996fd"
#include "careful.h"

static gatehouse_status part_signed(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const gatehouse_bytes part = {request->body.data, request->body.size < 5 ? request->body.size : 5};
    if (careful_signed(user, part, careful_header(request, "x-signature"), 0)) return careful_accept(answer);
    return careful_refuse(answer, "signature_mismatch");
}
