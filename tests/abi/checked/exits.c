/* Ends the process when the signature has another length. */
#include <unistd.h>

#define CAREFUL_VERIFY exits
#include "careful.h"

static gatehouse_status exits(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const size_t size = careful_header(request, "x-signature").size;
    if (size != 0 && size != 64) _exit(3);
    return careful_verify(user, request, answer);
}
