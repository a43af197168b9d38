/* The second answer to the same request is another one. */
#define CAREFUL_VERIFY changes_its_mind
#include "careful.h"

static gatehouse_status changes_its_mind(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    static int asked;
    return ++asked == 2 ? careful_refuse(answer, "tired") : careful_verify(user, request, answer);
}
