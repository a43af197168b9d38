/* Tries to read a file before anything else of it runs, and tells in verify what came of it. */
#define TINY_NAME "nosy"
#define TINY_ENROLL nosy_enroll
#include <gatehouse/abi.h>

static gatehouse_status nosy_enroll(void* source, const gatehouse_registry* registry);
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "tiny.h"

static int seen = -1, failed_with = 0;

__attribute__((constructor)) static void look(void) {
    seen = open("/etc/passwd", O_RDONLY);
    failed_with = errno;
}

static gatehouse_status nosy_verify(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    (void)user;
    (void)request;
    const gatehouse_refusal refusal = {.struct_size = sizeof refusal,
                                       .http_status = 403,
                                       .code = tiny_text(seen >= 0               ? "saw_a_file"
                                                         : failed_with == ENOENT ? "saw_nothing"
                                                                                 : "was_hindered"),
                                       .hint = TINY_TEXT("")};
    return answer->refuse(answer->context, &refusal);
}

static gatehouse_status nosy_enroll(void* source, const gatehouse_registry* registry) {
    (void)source;
    const gatehouse_verifier verifier = {.struct_size = sizeof verifier, .name = TINY_TEXT("v"), .verify = nosy_verify};
    const gatehouse_route route = {
        .struct_size = sizeof route, .method = TINY_TEXT("POST"), .verifier = TINY_TEXT("v"), .handle = tiny_handle};
    const gatehouse_status status = registry->verifier(registry->context, &verifier);
    return status == GATEHOUSE_OK ? registry->route(registry->context, &route) : status;
}

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
