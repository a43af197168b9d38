/* Its verifier is for one thread: a second one that comes meanwhile is sent away. */
#define CAREFUL_VERIFY one_at_a_time
#include "careful.h"

static gatehouse_status one_at_a_time(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    static int inside;
    if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) > 1) {
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        return careful_refuse(answer, "busy");
    }
    for (volatile int i = 0; i < 200000; ++i) {
    }
    const gatehouse_status status = careful_verify(user, request, answer);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    return status;
}
