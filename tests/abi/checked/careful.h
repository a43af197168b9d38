/* A whole plugin in C11 that `gatehouse plugins check` finds nothing wrong with. Each file beside it breaks one rule: it defines what it
 * wants different, as CAREFUL_VERIFY, before or after its own functions, and includes this. The signature is HMAC-SHA256 of the body in
 * hexadecimal in X-Signature; the body is "KIND ABOUT", as "thing.made t-17"; the thing is fetched from
 * https://api.careful.example/v1/things/t-17. */
#ifndef CAREFUL_H
#define CAREFUL_H

#include <gatehouse/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAREFUL_TEXT(literal) \
    { literal, sizeof(literal) - 1 }
#define CAREFUL_SECRET "careful-sample-secret"
#define CAREFUL_KEY "careful-sample-api-key"
#ifndef CAREFUL_SETTINGS
#define CAREFUL_SETTINGS "{\"secret\":\"" CAREFUL_SECRET "\",\"api_key\":\"" CAREFUL_KEY "\"}"
#endif
#ifndef CAREFUL_SIGNED_ACCEPT /* of the accepted sample's body */
#define CAREFUL_SIGNED_ACCEPT "48f5de70cbbe299810613f147e0cdf58acaf772cab4a7fdc92767f827c9dc3c2"
#endif
#ifndef CAREFUL_SCHEMA
#define CAREFUL_SCHEMA                                                                                                       \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"secret\",\"api_key\"],\"properties\":{"             \
    "\"secret\":{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"},\"writeOnly\":true,\"description\":\"s\"}," \
    "\"api_key\":{\"type\":\"string\",\"writeOnly\":true,\"description\":\"k\"}}}"
#endif

static inline gatehouse_text careful_text(const char* s) {
    const gatehouse_text t = {s, strlen(s)};
    return t;
}

static inline int careful_is(gatehouse_text name, const char* lower) {
    if (name.size != strlen(lower)) return 0;
    for (size_t i = 0; i < name.size; ++i) {
        const char c = name.data[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != lower[i]) return 0;
    }
    return 1;
}

/* The only header of that name; empty when there is none, or more. */
static inline gatehouse_text careful_header(const gatehouse_request* request, const char* lower) {
    gatehouse_text found = {NULL, 0};
    int count = 0;
    for (size_t i = 0; i < request->header_count; ++i)
        if (careful_is(request->headers[i].name, lower) && count++ == 0) found = request->headers[i].value;
    if (count != 1) found.size = 0;
    return found;
}

static inline gatehouse_status careful_refuse(const gatehouse_verify_answer* answer, const char* code) {
    const gatehouse_refusal refusal = {
        .struct_size = sizeof refusal, .http_status = 401, .code = careful_text(code), .hint = careful_text("")};
    return answer->refuse(answer->context, &refusal);
}

static inline gatehouse_status careful_accept(const gatehouse_verify_answer* answer) {
    const gatehouse_acceptance accepted = {.struct_size = sizeof accepted, .signed_at = GATEHOUSE_NO_TIME};
    return answer->accept(answer->context, &accepted);
}

/* 1 when the signature is that of these bytes under value `index` of the secret. */
static inline int careful_signed(const gatehouse_host* host, gatehouse_bytes bytes, gatehouse_text given, uint32_t index) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[32];
    if (given.size != 64) return 0;
    if (host->hmac(host->context, GATEHOUSE_HMAC_SHA256, GATEHOUSE_KEY_RAW, careful_text("secret"), index, &bytes, 1, digest, 32) != 0)
        return 0;
    char difference = 0;
    for (size_t i = 0; i < 32; ++i) {
        difference |= (char)(given.data[2 * i] ^ digits[digest[i] >> 4]);
        difference |= (char)(given.data[2 * i + 1] ^ digits[digest[i] & 15]);
    }
    return difference == 0;
}

static inline gatehouse_status careful_verify(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const gatehouse_host* host = user;
    const gatehouse_text given = careful_header(request, "x-signature");
    for (uint32_t i = 0; i < host->secret_count(host->context, careful_text("secret")); ++i)
        if (careful_signed(host, request->body, given, i)) return careful_accept(answer);
    return careful_refuse(answer, "signature_mismatch");
}

static inline int careful_word(const char* data, size_t size) {
    for (size_t i = 0; i < size; ++i)
        if (!((data[i] >= 'a' && data[i] <= 'z') || (data[i] >= '0' && data[i] <= '9') || data[i] == '-' || data[i] == '.')) return 0;
    return size > 0 && size <= 40 && data[0] != '.';
}

/* 1 when the subject may become a segment of a path. */
#ifndef CAREFUL_SUBJECT
#define CAREFUL_SUBJECT careful_word
#endif

static inline gatehouse_status careful_handle(void* user, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                                              const gatehouse_handle_answer* answer) {
    const char* body = (const char*)request->body.data;
    const char* space = request->body.size ? memchr(body, ' ', request->body.size) : NULL;
    const size_t kind = space ? (size_t)(space - body) : request->body.size, rest = space ? request->body.size - kind - 1 : 0;
    gatehouse_event event = {.struct_size = sizeof event,
                             .dedupe_key = careful_header(request, "x-signature"),
                             .type = CAREFUL_TEXT("unknown"),
                             .occurred_at = GATEHOUSE_NO_TIME};
    (void)user;
    (void)acceptance;
    if (careful_word(body, kind)) event.type.data = body, event.type.size = kind;
    if (space && CAREFUL_SUBJECT(space + 1, rest)) event.subject.data = space + 1, event.subject.size = rest;
    return answer->event(answer->context, &event);
}

struct careful_job {
    const gatehouse_host* host;
    char url[400];
};

static inline gatehouse_status careful_end(const gatehouse_turn* turn, int32_t kind, const char* why, int64_t retry_after) {
    return turn->fail(turn->context, kind, careful_text(why), retry_after);
}

static inline gatehouse_status careful_document(const gatehouse_turn* turn, gatehouse_bytes body) {
    const gatehouse_result result = {.struct_size = sizeof result, .kind = GATEHOUSE_RESULT_DOCUMENT, .body = body};
    return turn->finish(turn->context, &result);
}

static inline gatehouse_status careful_ask(const gatehouse_turn* turn, const char* url) {
    const gatehouse_request_header key = {CAREFUL_TEXT("Authorization"), CAREFUL_TEXT("Bearer "), CAREFUL_TEXT("api_key")};
    const gatehouse_http_request request = {
        .struct_size = sizeof request, .method = CAREFUL_TEXT("GET"), .url = careful_text(url), .headers = &key, .header_count = 1};
    return turn->http(turn->context, &request);
}

static inline int64_t careful_retry_after(const gatehouse_http_response* response) {
    int64_t seconds = 0;
    for (size_t i = 0; i < response->header_count; ++i) {
        if (!careful_is(response->headers[i].name, "retry-after")) continue;
        for (size_t k = 0; k < response->headers[i].value.size && k < 6; ++k) {
            const char c = response->headers[i].value.data[k];
            if (c < '0' || c > '9') return 0;
            seconds = seconds * 10 + (c - '0');
        }
    }
    return seconds * 1000;
}

static inline gatehouse_status careful_step(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct careful_job* job = state;
    if (!job->url[0]) return careful_end(turn, GATEHOUSE_FAIL_INVALID, "the message names nothing", 0);
    if (input->kind == GATEHOUSE_INPUT_START) return careful_ask(turn, job->url);
    const gatehouse_http_response* response = input->responses[0];
    if (response->net == GATEHOUSE_NET_NOT_ALLOWED) return careful_end(turn, GATEHOUSE_FAIL_REFUSED, "not allowed", 0);
    if (response->net != GATEHOUSE_NET_OK) return careful_end(turn, GATEHOUSE_FAIL_RETRY, "no answer", 0);
    const int32_t status = response->http_status;
    if (status == 200) return careful_document(turn, response->body);
    if (status == 401 || status == 403) return careful_end(turn, GATEHOUSE_FAIL_REFUSED, "the key is refused", 0);
    if (status == 429 || status >= 500) return careful_end(turn, GATEHOUSE_FAIL_RETRY, "busy", careful_retry_after(response));
    return careful_end(turn, GATEHOUSE_FAIL_INVALID, "no sense", 0);
}

#ifndef CAREFUL_STEP
#define CAREFUL_STEP careful_step
#endif
#ifndef CAREFUL_VERIFY
#define CAREFUL_VERIFY careful_verify
#endif
#ifndef CAREFUL_HANDLE
#define CAREFUL_HANDLE careful_handle
#endif
#ifndef CAREFUL_OPEN
#define CAREFUL_OPEN careful_open
#endif
#ifndef CAREFUL_DROP
#define CAREFUL_DROP free
#endif
static gatehouse_status CAREFUL_STEP(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn);
static gatehouse_status CAREFUL_VERIFY(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer);
static gatehouse_status CAREFUL_HANDLE(void* user, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                                       const gatehouse_handle_answer* answer);

static inline gatehouse_status careful_fetch(void* user, const gatehouse_stored_event* event, gatehouse_job* out) {
    struct careful_job* job = calloc(1, sizeof *job);
    if (!job) return GATEHOUSE_FAILED;
    job->host = user;
    if (event->subject.size > 0)
        snprintf(job->url, sizeof job->url, "https://api.careful.example/v1/things/%.*s", (int)event->subject.size, event->subject.data);
    const gatehouse_job made = {job, CAREFUL_STEP, CAREFUL_DROP};
    *out = made;
    return GATEHOUSE_OK;
}

static inline gatehouse_status careful_open(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    (void)settings;
    *source = (void*)host;
    return GATEHOUSE_OK;
}
static gatehouse_status CAREFUL_OPEN(const gatehouse_host* host, const gatehouse_settings* settings, void** source);

static inline void careful_close(void* source) {
    (void)source;
}

static inline gatehouse_status careful_enroll(void* source, const gatehouse_registry* r) {
    const gatehouse_egress egress = {
        .struct_size = sizeof egress, .host = CAREFUL_TEXT("api.careful.example"), .path_prefix = CAREFUL_TEXT("/v1/")};
    const gatehouse_verifier verifier = {
        .struct_size = sizeof verifier, .name = CAREFUL_TEXT("signature"), .verify = CAREFUL_VERIFY, .user = source};
    const gatehouse_route route = {.struct_size = sizeof route,
                                   .method = CAREFUL_TEXT("POST"),
                                   .verifier = CAREFUL_TEXT("signature"),
                                   .handle = CAREFUL_HANDLE,
                                   .user = source};
    const gatehouse_fetch_back fetch_back = {
        .struct_size = sizeof fetch_back, .type_pattern = CAREFUL_TEXT("*"), .begin = careful_fetch, .user = source};
    gatehouse_status status = r->egress(r->context, &egress);
    if (status == GATEHOUSE_OK) status = r->verifier(r->context, &verifier);
    if (status == GATEHOUSE_OK) status = r->route(r->context, &route);
    return status == GATEHOUSE_OK ? r->fetch_back(r->context, &fetch_back) : status;
}

#define CAREFUL_REQUEST(signature, body) "POST /sample HTTP/1.1\nHost: hooks.example\nX-Signature: " signature "\n\n" body

GATEHOUSE_EXPORT const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    static const gatehouse_sample accepted = {.struct_size = sizeof accepted,
                                              .expect = GATEHOUSE_EXPECT_ACCEPT,
                                              .name = CAREFUL_TEXT("made"),
                                              .settings = CAREFUL_TEXT(CAREFUL_SETTINGS),
                                              .request = CAREFUL_TEXT(CAREFUL_REQUEST(CAREFUL_SIGNED_ACCEPT, "thing.made t-17")),
                                              .at = 1767225600000,
                                              .code = CAREFUL_TEXT("thing.made")};
    static const gatehouse_sample refused = {.struct_size = sizeof refused,
                                             .expect = GATEHOUSE_EXPECT_REFUSE,
                                             .name = CAREFUL_TEXT("changed"),
                                             .settings = CAREFUL_TEXT(CAREFUL_SETTINGS),
                                             .request = CAREFUL_TEXT(CAREFUL_REQUEST(CAREFUL_SIGNED_ACCEPT, "other.made t-17")),
                                             .at = 1767225600000,
                                             .code = CAREFUL_TEXT("signature_mismatch")};
    static const gatehouse_sample* const samples[] = {&accepted, &refused};
    static const gatehouse_plugin plugin = {.struct_size = sizeof plugin,
                                            .abi_minor_built = GATEHOUSE_ABI_MINOR,
                                            .name = CAREFUL_TEXT("careful"),
                                            .version = CAREFUL_TEXT("1.0.0"),
                                            .summary = CAREFUL_TEXT("for tests"),
                                            .settings_schema = CAREFUL_TEXT(CAREFUL_SCHEMA),
                                            .open_source = CAREFUL_OPEN,
                                            .enroll = careful_enroll,
                                            .close_source = careful_close,
                                            .samples = samples,
                                            .sample_count = 2};
    (void)hello;
    return &plugin;
}

#endif
