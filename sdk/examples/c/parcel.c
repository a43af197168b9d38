/* Parcel, an imaginary carrier, in C11: the border itself, without a layer over it. It signs the body with HMAC-SHA256, in hexadecimal in
 * the header X-Parcel-Signature. The body is a form, "id=n-1&type=parcel.sent&parcel=p-17": a hint; the parcel itself is fetched from
 * https://api.parcel.example/v1/parcels/p-17. */
#include <gatehouse/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) \
    { literal, sizeof(literal) - 1 }
#define API "https://api.parcel.example/v1/"

static gatehouse_text text(const char* s) {
    const gatehouse_text t = {s, strlen(s)};
    return t;
}

static int is_good(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* The value of one field: 1 to 40 letters, digits, "-" and ".", not beginning with "." (a path of ".." would leave its place); empty when
 * it is not there or anything else. */
static gatehouse_text field(gatehouse_bytes form, const char* name) {
    const gatehouse_text none = {"", 0};
    const char *p = (const char*)form.data, *end = p + form.size;
    const size_t size = strlen(name);
    while (p < end) {
        const char* next = memchr(p, '&', (size_t)(end - p));
        const char* stop = next ? next : end;
        if ((size_t)(stop - p) > size && memcmp(p, name, size) == 0 && p[size] == '=') {
            const gatehouse_text value = {p + size + 1, (size_t)(stop - p) - size - 1};
            for (size_t i = 0; i < value.size; ++i)
                if (value.size > 40 || value.data[0] == '.' || !is_good(value.data[i])) return none;
            return value;
        }
        p = next ? next + 1 : end;
    }
    return none;
}

/* ------------------------------------------------------------------------------------------------------------------- the signature */

/* The first field of that name, ignoring case; count: how many there are. */
static gatehouse_text header(const gatehouse_request* request, const char* name, size_t* count) {
    gatehouse_text found = {"", 0};
    *count = 0;
    for (size_t i = 0; i < request->header_count; ++i) {
        const gatehouse_text n = request->headers[i].name;
        size_t k = 0;
        while (k < n.size && name[k] && ((unsigned char)n.data[k] | 0x20) == ((unsigned char)name[k] | 0x20)) ++k;
        if (k == n.size && !name[k] && (*count)++ == 0) found = request->headers[i].value;
    }
    return found;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static gatehouse_status refuse(const gatehouse_verify_answer* answer, const char* code, const char* hint) {
    const gatehouse_refusal refusal = {.struct_size = sizeof refusal, .http_status = 401, .code = text(code), .hint = text(hint)};
    return answer->refuse(answer->context, &refusal);
}

static gatehouse_status verify(void* source, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const gatehouse_host* host = source;
    size_t count;
    const gatehouse_text given = header(request, "x-parcel-signature", &count);
    if (count == 0) return refuse(answer, "header_missing", "X-Parcel-Signature is missing");
    if (count != 1) return refuse(answer, "header_malformed", "X-Parcel-Signature is there more than once");
    uint8_t wanted[32];
    if (given.size != 64) return refuse(answer, "signature_malformed", "X-Parcel-Signature is not 64 hexadecimal digits");
    for (size_t i = 0; i < 32; ++i) {
        const int high = hex_digit(given.data[2 * i]), low = hex_digit(given.data[2 * i + 1]);
        if (high < 0 || low < 0) return refuse(answer, "signature_malformed", "X-Parcel-Signature is not 64 hexadecimal digits");
        wanted[i] = (uint8_t)(high << 4 | low);
    }
    const uint32_t secrets = host->secret_count(host->context, text("secret"));
    for (uint32_t i = 0; i < secrets; ++i) {
        uint8_t digest[32], difference = 0;
        const gatehouse_status status = host->hmac(host->context, GATEHOUSE_HMAC_SHA256, GATEHOUSE_KEY_RAW, text("secret"), i,
                                                   &request->body, 1, digest, sizeof digest);
        if (status != GATEHOUSE_OK) {
            host->fail(host->context, text("setting \"secret\" has a value that is not a key"));
            return GATEHOUSE_FAILED; /* our fault: the sender keeps the message */
        }
        for (size_t k = 0; k < 32; ++k) difference |= digest[k] ^ wanted[k]; /* constant time */
        if (difference == 0) {
            const gatehouse_acceptance accepted = {.struct_size = sizeof accepted, .signed_at = GATEHOUSE_NO_TIME};
            return answer->accept(answer->context, &accepted);
        }
    }
    return refuse(answer, "signature_mismatch", "is \"secret\" the one that Parcel shows?");
}

static gatehouse_status handle(void* source, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                               const gatehouse_handle_answer* answer) {
    size_t count;
    gatehouse_event event = {.struct_size = sizeof event,
                             .dedupe_key = field(request->body, "id"),
                             .type = field(request->body, "type"),
                             .subject = field(request->body, "parcel"),
                             .occurred_at = GATEHOUSE_NO_TIME};
    (void)source;
    (void)acceptance;
    /* Without an id the signature tells notifications apart: it is a digest of the body. */
    if (event.dedupe_key.size == 0) event.dedupe_key = header(request, "x-parcel-signature", &count);
    if (event.type.size == 0) event.type = text("unknown");
    return answer->event(answer->context, &event);
}

/* ------------------------------------------------------------------------------------------------------------------------- the job */

/* One GET. The path is copied: what begin was given is only borrowed. */
struct get {
    char url[128];
};

static gatehouse_status end(const gatehouse_turn* turn, int32_t kind, const char* why, int64_t retry_after) {
    return turn->fail(turn->context, kind, text(why), retry_after);
}

static gatehouse_status answered(const gatehouse_http_response* response, const gatehouse_turn* turn) {
    if (response->net == GATEHOUSE_NET_NOT_ALLOWED || response->net == GATEHOUSE_NET_ADDRESS)
        return end(turn, GATEHOUSE_FAIL_REFUSED, "not an address this source may reach", 0);
    const int status = response->net == GATEHOUSE_NET_OK ? response->http_status : 0;
    gatehouse_result result = {.struct_size = sizeof result, .kind = GATEHOUSE_RESULT_DOCUMENT, .body = response->body};
    int64_t retry_after = 0;
    if (status == 200) return turn->finish(turn->context, &result);
    if (status == 404) {
        const gatehouse_bytes none = {NULL, 0};
        result.kind = GATEHOUSE_RESULT_GONE;
        result.body = none;
        result.text = text("it is not there");
        return turn->finish(turn->context, &result);
    }
    if (status == 401 || status == 403) return end(turn, GATEHOUSE_FAIL_REFUSED, "Parcel refuses the key: is api_key right?", 0);
    if (status != 0 && status != 408 && status != 425 && status != 429 && status < 500)
        return end(turn, GATEHOUSE_FAIL_INVALID, "an answer that makes no sense", 0);
    for (size_t i = 0; status != 0 && i < response->header_count; ++i) {
        const gatehouse_header h = response->headers[i];
        if (h.name.size != 11 || (memcmp(h.name.data, "Retry-After", 11) != 0 && memcmp(h.name.data, "retry-after", 11) != 0)) continue;
        for (size_t k = 0; k < h.value.size && k < 5 && h.value.data[k] >= '0' && h.value.data[k] <= '9'; ++k)
            retry_after = retry_after * 10 + (h.value.data[k] - '0');
        retry_after *= 1000;
    }
    return end(turn, GATEHOUSE_FAIL_RETRY, "Parcel's API is not there or busy", retry_after);
}

static gatehouse_status step(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    const struct get* get = state;
    if (input->kind == GATEHOUSE_INPUT_HTTP) return answered(input->responses[0], turn);
    if (get->url[0] == 0) return end(turn, GATEHOUSE_FAIL_INVALID, "the notification names no parcel", 0);
    const gatehouse_request_header authorization = {TEXT("Authorization"), TEXT("Bearer "), TEXT("api_key")};
    const gatehouse_http_request request = {
        .struct_size = sizeof request, .method = TEXT("GET"), .url = text(get->url), .headers = &authorization, .header_count = 1};
    return turn->http(turn->context, &request);
}

static gatehouse_status begin(const char* what, gatehouse_text id, int needs_id, gatehouse_job* job) {
    struct get* get = calloc(1, sizeof *get);
    if (!get) return GATEHOUSE_FAILED;
    if (id.size > 0 || !needs_id) snprintf(get->url, sizeof get->url, API "%s%.*s", what, (int)id.size, id.data);
    const gatehouse_job made = {get, step, free};
    *job = made;
    return GATEHOUSE_OK;
}

static gatehouse_status fetch(void* source, const gatehouse_stored_event* event, gatehouse_job* job) {
    (void)source;
    return begin("parcels/", event->subject, 1, job);
}

static gatehouse_status status_operation(void* source, gatehouse_text arguments, gatehouse_job* job) {
    (void)source;
    (void)arguments;
    return begin("status", text(""), 0, job);
}

/* ---------------------------------------------------------------------------------------------------------------------- the source */

/* There is nothing to keep: the source is the host itself. */
static gatehouse_status open_source(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    (void)settings;
    *source = (void*)host;
    return GATEHOUSE_OK;
}

static gatehouse_status enroll(void* source, const gatehouse_registry* r) {
    const gatehouse_egress egress = {.struct_size = sizeof egress, .host = TEXT("api.parcel.example"), .path_prefix = TEXT("/v1/")};
    const gatehouse_verifier verifier = {.struct_size = sizeof verifier, .name = TEXT("signature"), .verify = verify, .user = source};
    const gatehouse_route route = {
        .struct_size = sizeof route, .method = TEXT("POST"), .verifier = TEXT("signature"), .handle = handle, .user = source};
    const gatehouse_fetch_back fetch_back = {
        .struct_size = sizeof fetch_back, .type_pattern = TEXT("parcel.*"), .begin = fetch, .user = source};
    const gatehouse_operation operation = {.struct_size = sizeof operation,
                                           .name = TEXT("status"),
                                           .summary = TEXT("Whether Parcel's API is there"),
                                           .begin = status_operation,
                                           .user = source};
    gatehouse_status status = r->egress(r->context, &egress);
    if (status == GATEHOUSE_OK) status = r->verifier(r->context, &verifier);
    if (status == GATEHOUSE_OK) status = r->route(r->context, &route);
    if (status == GATEHOUSE_OK) status = r->fetch_back(r->context, &fetch_back);
    if (status == GATEHOUSE_OK) status = r->operation(r->context, &operation);
    return status;
}

static void close_source(void* source) {
    (void)source;
}

#define SETTINGS "{\"secret\": \"parcel-sample-secret\", \"api_key\": \"k\"}"
#define HEAD                                                           \
    "POST /sample HTTP/1.1\nHost: hooks.example\nX-Parcel-Signature: " \
    "01e5df8ef5930223238fc6591c695a4c7f8ec294489e3e264dbff505fe7e6906\nContent-Length: 35\n\n"

static const gatehouse_sample sent = {.struct_size = sizeof sent,
                                      .expect = GATEHOUSE_EXPECT_ACCEPT,
                                      .name = TEXT("sent"),
                                      .settings = TEXT(SETTINGS),
                                      .request = TEXT(HEAD "id=n-1&type=parcel.sent&parcel=p-17"),
                                      .at = 1767225600000,
                                      .code = TEXT("parcel.sent")};
static const gatehouse_sample changed = {.struct_size = sizeof changed,
                                         .expect = GATEHOUSE_EXPECT_REFUSE,
                                         .name = TEXT("changed body"),
                                         .settings = TEXT(SETTINGS),
                                         .request = TEXT(HEAD "id=n-1&type=parcel.sent&parcel=p-18"),
                                         .at = 1767225600000,
                                         .code = TEXT("signature_mismatch")};
static const gatehouse_sample bare = {.struct_size = sizeof bare,
                                      .expect = GATEHOUSE_EXPECT_REFUSE,
                                      .name = TEXT("no signature"),
                                      .settings = TEXT(SETTINGS),
                                      .request = TEXT("POST /sample HTTP/1.1\nHost: hooks.example\n\n"),
                                      .at = 1767225600000,
                                      .code = TEXT("header_missing")};

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    static const gatehouse_sample* const samples[] = {&sent, &changed, &bare};
    static const gatehouse_plugin plugin = {
        .struct_size = sizeof plugin,
        .abi_minor_built = GATEHOUSE_ABI_MINOR,
        .name = TEXT("parcel-c"),
        .version = TEXT("1.0.0"),
        .summary = TEXT("Parcel, in C"),
        .settings_schema = TEXT("{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"secret\", \"api_key\"], "
                                "\"properties\": {\"secret\": {\"type\": [\"string\", \"array\"], \"items\": {\"type\": \"string\"}, "
                                "\"writeOnly\": true, \"description\": \"Signs notifications; several during a rotation\"}, "
                                "\"api_key\": {\"type\": \"string\", \"writeOnly\": true, \"description\": \"Key for Parcel's API\"}}}"),
        .open_source = open_source,
        .enroll = enroll,
        .close_source = close_source,
        .samples = samples,
        .sample_count = sizeof samples / sizeof *samples};
    (void)hello;
    return &plugin;
}
