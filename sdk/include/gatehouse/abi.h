/* Gatehouse plugin ABI, major version 1.
 *
 * A plugin is one shared library that exports ONE function, gatehouse_plugin_v1. The border is plain C: data in, data out. Plugins
 * compute; the host does all input and output. This header is the manual of that border; the C++ layer beside it (gatehouse/plugin.hpp)
 * is what most authors use.
 *
 * Life of a source (one configured instance of a plugin):
 *     open_source -> enroll -> calls on worker threads -> close_source
 * open_source may run only to check a configuration: close_source can then follow at once, without enroll.
 *
 * Thread tags at each function:
 *     [control] one thread at a time per plugin, never together with [worker] calls of the same source
 *     [worker]  any thread, several at once for one source; must not block and must not do input or output
 *     [any]     any thread, at any time between open_source and close_source
 *
 * Ownership: nothing is freed across the border. What a function is given is borrowed until it returns. What a function gives is copied by
 * the receiver before the giving call returns. A plugin's own objects (source, job) are opaque to the host and go back to the plugin's
 * close_source or drop.
 *
 * Growth: a struct is FROZEN (it never changes), or begins with struct_size, set by the side that allocates it to sizeof of its own
 * version, and grows only at its end. Read members beyond the first version through GATEHOUSE_HAS. Arrays and by-value members hold FROZEN
 * types only; growing structs are passed by pointer, lists of them as arrays of pointers.
 *
 * Text is UTF-8, not terminated, length in bytes. Times are milliseconds since 1970-01-01T00:00:00Z; durations are milliseconds. Nothing
 * of the C++ library, no exception, no bool, no enum, no long and no time_t crosses the border.
 */
#ifndef GATEHOUSE_ABI_H
#define GATEHOUSE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GATEHOUSE_ABI_MAJOR 1
#define GATEHOUSE_ABI_MINOR 0

#if defined(__GNUC__)
#define GATEHOUSE_EXPORT __attribute__((visibility("default")))
#else
#define GATEHOUSE_EXPORT
#endif

/* True when the struct at p, as its allocator knew it, holds member m. */
#define GATEHOUSE_HAS(p, m) ((p)->struct_size >= offsetof(__typeof__(*(p)), m) + sizeof((p)->m))

/* No time: where a time is optional. */
#define GATEHOUSE_NO_TIME INT64_MIN

/* ------------------------------------------------------------------------------------------------------------------ status codes */

typedef int32_t gatehouse_status;
#define GATEHOUSE_OK 0
#define GATEHOUSE_FAILED 1      /* see the text given to fail() */
#define GATEHOUSE_NOT_FOUND 2   /* no such name, key or index */
#define GATEHOUSE_UNSUPPORTED 3 /* this side does not know what was asked */
#define GATEHOUSE_INVALID 4     /* an argument breaks a rule of this header */
#define GATEHOUSE_MISUSE 5      /* called where it is not legal (wrong thread, twice, after its time) */

/* ----------------------------------------------------------------------------------------------------------------- FROZEN values */

typedef struct gatehouse_text { /* FROZEN. data may be NULL when size is 0. */
    const char *data;
    size_t size;
} gatehouse_text;

typedef struct gatehouse_bytes { /* FROZEN. data may be NULL when size is 0. */
    const uint8_t *data;
    size_t size;
} gatehouse_bytes;

typedef struct gatehouse_header { /* FROZEN. One field line, value without surrounding white space (RFC 9110 section 5.5). */
    gatehouse_text name;
    gatehouse_text value;
} gatehouse_header;

/* FROZEN. A header of a request that the host sends. When secret is not empty, the host appends the first value of the secret setting of
 * that name to value, so that plugins need not hold key material: {"Authorization", "Basic ", "api_key"}. */
typedef struct gatehouse_request_header {
    gatehouse_text name;
    gatehouse_text value;
    gatehouse_text secret;
} gatehouse_request_header;

/* FROZEN. One change of a source's state. value.data == NULL removes the key. */
typedef struct gatehouse_state_entry {
    gatehouse_text key;
    gatehouse_bytes value;
} gatehouse_state_entry;

/* FROZEN. Where a variable-size answer goes: the callee calls write zero or more times before it returns; the bytes join up. */
typedef struct gatehouse_sink {
    void *context;
    void (*write)(void *context, const void *data, size_t size);
} gatehouse_sink;

/* --------------------------------------------------------------------------------------------------------------- host services */

#define GATEHOUSE_LOG_DEBUG 0
#define GATEHOUSE_LOG_INFO 1
#define GATEHOUSE_LOG_WARNING 2
#define GATEHOUSE_LOG_ERROR 3

#define GATEHOUSE_HMAC_SHA1 1   /* 20 bytes */
#define GATEHOUSE_HMAC_SHA256 2 /* 32 bytes */
#define GATEHOUSE_HMAC_SHA512 3 /* 64 bytes */

#define GATEHOUSE_KEY_RAW 0 /* the secret's bytes are the key */
/* A literal prefix "whsec_" is cut, the rest decoded as base64 (standard or URL-safe alphabet, padding and trailing bits not required):
 * Standard Webhooks 1.0, and senders that deviate from it. */
#define GATEHOUSE_KEY_WHSEC 1
#define GATEHOUSE_KEY_HEX 2 /* hexadecimal digits */

/* Services of the host to one source. Valid from open_source until close_source returns; the host passes its context back as the first
 * argument of each call. */
typedef struct gatehouse_host {
    uint32_t struct_size;
    uint32_t abi_minor; /* of the host */
    void *context;

    /* [any] One log line, tagged by the host with plugin, version and source. Never pass secrets. level: GATEHOUSE_LOG_*. */
    void (*log)(void *context, int32_t level, gatehouse_text message);

    /* [any] Why the call that is about to return a status other than GATEHOUSE_OK on this thread failed: a sentence for a person, saying
     * what, where and what to do. The last text before the return counts. */
    void (*fail)(void *context, gatehouse_text text);

    /* [any] The host's clock. Use this one, not the system's: verification runs offline with a set time. */
    int64_t (*now)(void *context);

    /* [any] How many values the secret setting has (several during a rotation); 0 when it is not set. A setting is secret when its schema
     * says "writeOnly": true; such settings are left out of the settings text. A nested one is named by its JSON Pointer without the
     * leading slash ("clients/0/secret"). */
    uint32_t (*secret_count)(void *context, gatehouse_text name);

    /* [any] The bytes of value `index`. Prefer hmac() and request headers with `secret`, which keep the bytes on the host's side.
     * GATEHOUSE_NOT_FOUND when there is no such value. */
    gatehouse_status (*secret)(void *context, gatehouse_text name, uint32_t index, const gatehouse_sink *out);

    /* [any] HMAC (RFC 2104) over the parts joined, with value `index` of the secret as key. Writes the digest to out, which must have room
     * for it. GATEHOUSE_NOT_FOUND: no such value; GATEHOUSE_INVALID: the value does not decode, or an unknown algorithm or key form. */
    gatehouse_status (*hmac)(void *context, int32_t algorithm, int32_t key_form, gatehouse_text name, uint32_t index,
                             const gatehouse_bytes *parts, size_t part_count, uint8_t *out, size_t out_size);

    /* [any] Reads one value of the source's state: memory, no input or output. GATEHOUSE_NOT_FOUND when the key is not there. State is
     * written only by effects of jobs (put_state, finish). Keys up to 256 bytes, values up to 1 MiB, 16 MiB per source. */
    gatehouse_status (*get_state)(void *context, gatehouse_text key, const gatehouse_sink *out);

    /* [any] Interfaces added later, by id ("gatehouse.x/1"); NULL when this host does not have it. */
    const void *(*get_interface)(void *context, gatehouse_text id);
} gatehouse_host;

/* -------------------------------------------------------------------------------------------------------------------- requests in */

/* One received request, exactly as it came. */
typedef struct gatehouse_request {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    gatehouse_text method;
    gatehouse_text target; /* raw request target */
    gatehouse_text path;   /* the part below the source's configured path: "" or "/…", not decoded */
    gatehouse_text query;  /* raw, without "?" */
    const gatehouse_header *headers;
    size_t header_count;
    gatehouse_bytes body;
    gatehouse_text remote; /* address of the peer, without port */
    int64_t received_at;
} gatehouse_request;

/* What a verifier says of a genuine request. The host enforces the window around signed_at. A second use of replay_id makes no second event:
 * where it is the dedupe key, the sender hears what it heard the first time, since a resend is no attack. */
typedef struct gatehouse_acceptance {
    uint32_t struct_size;
    uint32_t trust;           /* GATEHOUSE_TRUST_* */
    int64_t signed_at;        /* the signed time; GATEHOUSE_NO_TIME when nothing signed tells one */
    int64_t tolerance_past;   /* how old signed_at may be; used when signed_at is set */
    int64_t tolerance_future; /* how far ahead signed_at may be */
    /* Unique id of the signed message; may be empty. When handle() gives no dedupe key, this is it. */
    gatehouse_text replay_id;
} gatehouse_acceptance;

#define GATEHOUSE_TRUST_VERIFIED 0          /* a signature, token or secret proved the sender */
#define GATEHOUSE_TRUST_UNVERIFIED_ORIGIN 1 /* only an unguessable address or an equally weak proof: the mark stays with the event */

typedef struct gatehouse_refusal {
    uint32_t struct_size;
    int32_t http_status; /* 400, 401 or 403; others become 403 */
    gatehouse_text code; /* for operators and metrics: lower-case words joined by "_", e.g. "signature_mismatch" */
    gatehouse_text hint; /* for operators: what to look at. Never sent to the sender, never a secret */
    const gatehouse_header *headers; /* sent to the sender, e.g. WWW-Authenticate */
    size_t header_count;
} gatehouse_refusal;

/* An event that a genuine request announces. */
typedef struct gatehouse_event {
    uint32_t struct_size;
    uint32_t flags;              /* GATEHOUSE_EVENT_* */
    gatehouse_text dedupe_key;   /* equal on every resend of the same notification; unique within the source */
    gatehouse_text type;         /* the provider's own spelling where there is one */
    gatehouse_text subject;      /* what it is about (id or path); may be empty */
    gatehouse_text ordering_key; /* jobs and ordered deliveries with the same key run one at a time, in order; may be empty */
    int64_t occurred_at;         /* GATEHOUSE_NO_TIME when not told */
    int32_t http_status;         /* what the sender wants to hear once it is stored: 0 = 202, else 200..299 */
    uint32_t trust;              /* GATEHOUSE_TRUST_* */
} gatehouse_event;

/* A resend may differ in its bytes (a fresh timestamp inside): do not report equal keys with different bodies as a conflict. */
#define GATEHOUSE_EVENT_BODY_MAY_VARY 1u

/* An answer given at once, with no event: handshakes, tokens. */
typedef struct gatehouse_response {
    uint32_t struct_size;
    int32_t http_status;
    const gatehouse_header *headers;
    size_t header_count;
    gatehouse_bytes body;
    const gatehouse_state_entry *state; /* stored durably before the answer is sent */
    size_t state_count;
} gatehouse_response;

/* --------------------------------------------------------------------------------------------------------------------------- jobs */

struct gatehouse_job_input;
struct gatehouse_turn;

/* FROZEN. The only asynchronous thing: an opaque object with two functions. The host calls step with the outcome of the last effect
 * (first: GATEHOUSE_INPUT_START); step must ask the turn for exactly one next thing before it returns GATEHOUSE_OK. Any other status, or
 * asking for nothing or twice, is a fault of the plugin and ends the job. The host calls drop exactly once, at any time between steps or
 * after the last one, also without any step. A job is the host's as soon as the function that took it (need, job) returned GATEHOUSE_OK, or
 * the begin function that wrote it did; otherwise it stays the plugin's. [worker]; one step at a time per job. */
typedef struct gatehouse_job {
    void *state;
    gatehouse_status (*step)(void *state, const struct gatehouse_job_input *input, const struct gatehouse_turn *turn);
    void (*drop)(void *state);
} gatehouse_job;

#define GATEHOUSE_NET_OK 0          /* a complete answer was received, whatever its status */
#define GATEHOUSE_NET_NOT_ALLOWED 1 /* the URL matches no egress entry of this source */
#define GATEHOUSE_NET_ADDRESS 2     /* the name led to an address that must not be dialled */
#define GATEHOUSE_NET_RESOLVE 3
#define GATEHOUSE_NET_CONNECT 4
#define GATEHOUSE_NET_TLS 5
#define GATEHOUSE_NET_TIMEOUT 6
#define GATEHOUSE_NET_TRUNCATED 7 /* the answer ended before its announced length */
#define GATEHOUSE_NET_TOO_LARGE 8
#define GATEHOUSE_NET_PROTOCOL 9
#define GATEHOUSE_NET_CANCELLED 10

/* The outcome of one HTTP request. Redirects are never followed: a 3xx is an answer like any other. */
typedef struct gatehouse_http_response {
    uint32_t struct_size;
    int32_t net;         /* GATEHOUSE_NET_*; the members below are meaningful only with GATEHOUSE_NET_OK */
    int32_t http_status;
    uint32_t flags; /* 0 */
    gatehouse_text error; /* for logs: what went wrong, without secrets */
    const gatehouse_header *headers;
    size_t header_count;
    gatehouse_bytes body;
} gatehouse_http_response;

typedef struct gatehouse_http_request {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    gatehouse_text method;
    gatehouse_text url; /* absolute; must match an egress entry of the source */
    const gatehouse_request_header *headers;
    size_t header_count;
    gatehouse_bytes body;
    int64_t timeout;         /* total, from queueing to the last byte; 0 = 30 s */
    uint64_t max_response;   /* bytes of body; 0 = 8 MiB */
    /* Requests of one source with the same non-empty key that are under way together are sent once; all jobs get the one answer (a token,
     * a signing key). Nothing is cached after that: keep the result yourself. */
    gatehouse_text share_key;
} gatehouse_http_request;

#define GATEHOUSE_INPUT_START 0
#define GATEHOUSE_INPUT_HTTP 1     /* responses[0] */
#define GATEHOUSE_INPUT_HTTP_ALL 2 /* responses in the order of the requests */
#define GATEHOUSE_INPUT_SLEPT 3
#define GATEHOUSE_INPUT_STATE 4 /* status: GATEHOUSE_OK once the entries are on disk */

typedef struct gatehouse_job_input {
    uint32_t struct_size;
    int32_t kind;
    const gatehouse_http_response *const *responses;
    size_t response_count;
    gatehouse_status status;
    uint32_t flags; /* 0 */
} gatehouse_job_input;

#define GATEHOUSE_RESULT_DONE 0     /* nothing to hand over: a verifier's job (the request is verified again), an operation without output */
#define GATEHOUSE_RESULT_DOCUMENT 1 /* body: the full document (fetch-back) or the result (operation) */
#define GATEHOUSE_RESULT_GONE 2     /* fetch-back: the entity no longer exists; text: the provider's reason */
#define GATEHOUSE_RESULT_RESPONSE 3 /* a route's job: http_status, headers and body for the waiting sender */

typedef struct gatehouse_result {
    uint32_t struct_size;
    int32_t kind;
    gatehouse_bytes body;
    gatehouse_text content_type; /* empty = application/json */
    gatehouse_text text;
    int32_t http_status;
    uint32_t flags; /* 0 */
    const gatehouse_header *headers;
    size_t header_count;
    const gatehouse_state_entry *state; /* committed together with the result */
    size_t state_count;
} gatehouse_result;

#define GATEHOUSE_FAIL_RETRY 0   /* passing trouble: network, 429, 5xx. The host tries again later */
#define GATEHOUSE_FAIL_REFUSED 1 /* the provider refuses us (wrong key, no permission): needs the operator; tried again, rarely */
#define GATEHOUSE_FAIL_INVALID 2 /* the answer or the event makes no sense; trying again will not help */

/* What a step may ask for: exactly one of these per step, each copying its arguments. [worker], only inside step, on its thread. */
typedef struct gatehouse_turn {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    void *context;
    gatehouse_status (*http)(void *context, const gatehouse_http_request *request);
    gatehouse_status (*http_all)(void *context, const gatehouse_http_request *const *requests, size_t count); /* 1..64, in parallel */
    gatehouse_status (*sleep)(void *context, int64_t duration);
    gatehouse_status (*put_state)(void *context, const gatehouse_state_entry *entries, size_t count);
    gatehouse_status (*finish)(void *context, const gatehouse_result *result);
    /* kind: GATEHOUSE_FAIL_*; text for operators; retry_after: milliseconds the provider asked for, 0 = the host's own schedule. */
    gatehouse_status (*fail)(void *context, int32_t kind, gatehouse_text text, int64_t retry_after);
} gatehouse_turn;

/* ------------------------------------------------------------------------------------------------------------- what can be enrolled */

/* The verifier's answer: exactly one call, copying its argument. */
typedef struct gatehouse_verify_answer {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    void *context;
    gatehouse_status (*accept)(void *context, const gatehouse_acceptance *acceptance);
    gatehouse_status (*refuse)(void *context, const gatehouse_refusal *refusal);
    /* Something is missing that a job can fetch (a signing key). The host runs the job and verifies once more; if it fails or a job is
     * asked for again, the sender hears 503. */
    gatehouse_status (*need)(void *context, const gatehouse_job *job);
} gatehouse_verify_answer;

/* [worker] Pure: same request, settings, state and time, same answer. */
typedef gatehouse_status (*gatehouse_verify)(void *user, const gatehouse_request *request, const gatehouse_verify_answer *answer);

typedef struct gatehouse_verifier {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    gatehouse_text name; /* unique within the source */
    gatehouse_verify verify;
    void *user;
} gatehouse_verifier;

/* What becomes of a genuine request: exactly one call, copying its argument. */
typedef struct gatehouse_handle_answer {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    void *context;
    gatehouse_status (*event)(void *context, const gatehouse_event *event);
    gatehouse_status (*respond)(void *context, const gatehouse_response *response);
    /* The sender waits for the job; it must finish with GATEHOUSE_RESULT_RESPONSE. */
    gatehouse_status (*job)(void *context, const gatehouse_job *job);
    /* Genuine but unusable (not JSON, member missing): http_status, code and hint as in a refusal. */
    gatehouse_status (*refuse)(void *context, const gatehouse_refusal *refusal);
} gatehouse_handle_answer;

/* [worker] Called for a request that the route's verifier accepted. */
typedef gatehouse_status (*gatehouse_handle)(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                                             const gatehouse_handle_answer *answer);

typedef struct gatehouse_route {
    uint32_t struct_size;
    uint32_t flags;          /* 0 */
    gatehouse_text method;   /* "POST", … */
    gatehouse_text path;     /* below the source's path: "" or "/oauth/token"; exact match */
    gatehouse_text verifier; /* name of an enrolled verifier; a route without one does not load */
    uint64_t max_body;       /* bytes; 0 = 1 MiB */
    gatehouse_handle handle;
    void *user;
} gatehouse_route;

/* A stored event, as fetch_back gets it. */
typedef struct gatehouse_stored_event {
    uint32_t struct_size;
    uint32_t attempt; /* 1 = first */
    gatehouse_text id;
    gatehouse_text type;
    gatehouse_text subject;
    gatehouse_text dedupe_key;
    gatehouse_text ordering_key;
    int64_t received_at;
    int64_t occurred_at;
    const gatehouse_request *request;
} gatehouse_stored_event;

/* [worker] Writes a job that fetches the full document of the event. */
typedef gatehouse_status (*gatehouse_fetch_begin)(void *user, const gatehouse_stored_event *event, gatehouse_job *job);

typedef struct gatehouse_fetch_back {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    gatehouse_text type_pattern; /* "*" any, "transactions.*" a prefix, or exact; the first enrolled match counts */
    gatehouse_fetch_begin begin;
    void *user;
} gatehouse_fetch_back;

/* [worker] Writes a job that runs the operation. arguments: JSON object, already checked against the schema. */
typedef gatehouse_status (*gatehouse_operation_begin)(void *user, gatehouse_text arguments, gatehouse_job *job);

typedef struct gatehouse_operation {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    gatehouse_text name;
    gatehouse_text summary;
    gatehouse_text arguments_schema; /* JSON Schema; empty = takes none */
    /* What the reconciler and recovery may use it for: "subscribe", "confirm", "update", "renew", "unsubscribe", "list", "test",
     * "history", "recover", or "" for operators only. What each takes and gives: gatehouse/subscription.hpp and gatehouse/recovery.hpp. */
    gatehouse_text kind;
    gatehouse_operation_begin begin;
    void *user;
} gatehouse_operation;

/* One place that this source's jobs may reach. Give either `setting` or `host`. */
typedef struct gatehouse_egress {
    uint32_t struct_size;
    uint32_t port;              /* 0 = the scheme's */
    gatehouse_text setting;     /* name of a setting that holds a URL: its scheme, host, port and path count, and since the operator wrote
                                 * it, it may lead to a private address */
    gatehouse_text host;        /* "api.example.com" or "*.example.com" (one label); https only; private addresses are refused */
    gatehouse_text path_prefix; /* "/" boundary-aware; empty = any */
} gatehouse_egress;

#define GATEHOUSE_EXPECT_ACCEPT 0
#define GATEHOUSE_EXPECT_REFUSE 1

/* A recorded request with which the conformance check and the tests drive the plugin. */
typedef struct gatehouse_sample {
    uint32_t struct_size;
    int32_t expect; /* GATEHOUSE_EXPECT_* */
    gatehouse_text name;
    gatehouse_text settings; /* JSON object with which the source is opened, secrets included as plain values */
    gatehouse_text request;  /* raw HTTP/1.1 request; line ends LF or CRLF in the head, body byte for byte */
    int64_t at;              /* the clock */
    gatehouse_text code;     /* EXPECT_REFUSE: the refusal's code. EXPECT_ACCEPT: the event's type */
} gatehouse_sample;

/* Valid only during enroll. Each call copies its argument. GATEHOUSE_INVALID with a reason (see the host's log) refuses the plugin. [control] */
typedef struct gatehouse_registry {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    void *context;
    gatehouse_status (*verifier)(void *context, const gatehouse_verifier *verifier);
    gatehouse_status (*route)(void *context, const gatehouse_route *route);
    gatehouse_status (*fetch_back)(void *context, const gatehouse_fetch_back *fetch_back);
    gatehouse_status (*operation)(void *context, const gatehouse_operation *operation);
    gatehouse_status (*egress)(void *context, const gatehouse_egress *egress);
} gatehouse_registry;

/* ------------------------------------------------------------------------------------------------------------------- the plugin */

typedef struct gatehouse_hello { /* what the host tells before anything else */
    uint32_t struct_size;
    uint32_t abi_minor;
    gatehouse_text host_version; /* "1.0.0" */
    void *context;
    void (*fail)(void *context, gatehouse_text reason); /* why gatehouse_plugin_v1 is about to return NULL */
} gatehouse_hello;

typedef struct gatehouse_settings {
    uint32_t struct_size;
    uint32_t flags;      /* 0 */
    gatehouse_text name; /* of the source, as configured */
    gatehouse_text json; /* the settings, checked against the schema, defaults filled in, secrets left out */
    gatehouse_text path; /* the source's configured path */
} gatehouse_settings;

/* The descriptor: static, never freed. */
typedef struct gatehouse_plugin {
    uint32_t struct_size;
    uint32_t abi_minor_built;  /* GATEHOUSE_ABI_MINOR when compiled */
    uint32_t abi_minor_needed; /* the least host minor it runs on */
    uint32_t flags;            /* 0 */
    gatehouse_text name;       /* [a-z0-9-]{1,40} */
    gatehouse_text version;    /* semantic version */
    gatehouse_text summary;    /* one line */
    gatehouse_text settings_schema; /* JSON Schema: an object; "writeOnly": true marks secrets; "format": "uri" marks URLs */

    /* [control] Writes the plugin's source object. host stays valid until close_source returns. A failure is a wrong setting: say which. */
    gatehouse_status (*open_source)(const gatehouse_host *host, const gatehouse_settings *settings, void **source);
    /* [control] */
    gatehouse_status (*enroll)(void *source, const gatehouse_registry *registry);
    /* [control] After every job was dropped and every call returned. */
    void (*close_source)(void *source);

    /* The samples, an array of pointers; may be NULL and 0. */
    const gatehouse_sample *const *samples;
    size_t sample_count;
} gatehouse_plugin;

/* The one exported function. [control] NULL after hello->fail(reason) refuses to run. */
typedef const gatehouse_plugin *(*gatehouse_plugin_entry)(const gatehouse_hello *hello);
#define GATEHOUSE_PLUGIN_SYMBOL "gatehouse_plugin_v1"
GATEHOUSE_EXPORT const gatehouse_plugin *gatehouse_plugin_v1(const gatehouse_hello *hello);

#ifdef __cplusplus
}
#endif

#endif
