/* Talks to the network by itself. */
#include <sys/socket.h>

#define CAREFUL_VERIFY opens_socket
#include "careful.h"

static gatehouse_status opens_socket(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    socket(AF_INET, SOCK_STREAM, 0);
    return careful_verify(user, request, answer);
}
