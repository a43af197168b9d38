/* A whole plugin in one header, for tests that change one thing about it. C11, no library beyond the C one. A file defines what it wants
 * different, as TINY_NEEDED, before it includes this. */
#ifndef TINY_H
#define TINY_H

#include <gatehouse/abi.h>

#include <string.h>

#define TINY_TEXT(literal) \
    { literal, sizeof(literal) - 1 }

#ifndef TINY_NAME
#define TINY_NAME "tiny"
#endif
#ifndef TINY_VERSION
#define TINY_VERSION "1.0.0"
#endif
#ifndef TINY_SCHEMA
#define TINY_SCHEMA "{\"type\":\"object\",\"properties\":{}}"
#endif
#ifndef TINY_SIZE
#define TINY_SIZE sizeof(gatehouse_plugin)
#endif
#ifndef TINY_NEEDED
#define TINY_NEEDED 0
#endif
#ifndef TINY_CLOSE
#define TINY_CLOSE tiny_close
#endif
#ifndef TINY_TYPE
#define TINY_TYPE "tiny"
#endif

static inline gatehouse_text tiny_text(const char* s) {
    gatehouse_text t = {s, s ? strlen(s) : 0};
    return t;
}

static gatehouse_status tiny_verify(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    (void)user;
    (void)request;
    const gatehouse_acceptance accepted = {.struct_size = sizeof accepted, .signed_at = GATEHOUSE_NO_TIME};
    return answer->accept(answer->context, &accepted);
}

static gatehouse_status tiny_handle(void* user, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                                    const gatehouse_handle_answer* answer) {
    (void)user;
    (void)request;
    (void)acceptance;
    const gatehouse_event event = {.struct_size = sizeof event, .type = TINY_TEXT(TINY_TYPE), .occurred_at = GATEHOUSE_NO_TIME};
    return answer->event(answer->context, &event);
}

static inline gatehouse_status tiny_open(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    (void)settings;
    *source = (void*)host;
    return GATEHOUSE_OK;
}

static inline gatehouse_status tiny_enroll_defaults(const gatehouse_registry* registry) {
    const gatehouse_verifier verifier = {.struct_size = sizeof verifier, .name = TINY_TEXT("v"), .verify = tiny_verify};
    const gatehouse_route route = {
        .struct_size = sizeof route, .method = TINY_TEXT("POST"), .verifier = TINY_TEXT("v"), .handle = tiny_handle};
    const gatehouse_status status = registry->verifier(registry->context, &verifier);
    return status == GATEHOUSE_OK ? registry->route(registry->context, &route) : status;
}

#ifndef TINY_ENROLL
#define TINY_ENROLL tiny_enroll
static gatehouse_status tiny_enroll(void* source, const gatehouse_registry* registry) {
    (void)source;
    return tiny_enroll_defaults(registry);
}
#endif

static inline void tiny_close(void* source) {
    const gatehouse_host* host = source;
    host->log(host->context, GATEHOUSE_LOG_INFO, tiny_text("closed"));
}

static inline const gatehouse_plugin* tiny_plugin(void) {
    static const gatehouse_plugin plugin = {.struct_size = TINY_SIZE,
                                            .abi_minor_built = GATEHOUSE_ABI_MINOR,
                                            .abi_minor_needed = TINY_NEEDED,
                                            .name = TINY_TEXT(TINY_NAME),
                                            .version = TINY_TEXT(TINY_VERSION),
                                            .summary = TINY_TEXT("for tests"),
                                            .settings_schema = TINY_TEXT(TINY_SCHEMA),
                                            .open_source = tiny_open,
                                            .enroll = TINY_ENROLL,
                                            .close_source = TINY_CLOSE};
    return &plugin;
}

#endif
