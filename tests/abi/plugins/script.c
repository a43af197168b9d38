/* A plugin that does what the request or the operation's arguments tell it, rule or no rule. Every call of the host that it makes is a real
 * one; what came back goes into the job's document. */
#include <gatehouse/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) \
    { literal, sizeof(literal) - 1 }

static const gatehouse_host* host_of(void* source) {
    return *(const gatehouse_host* const*)source;
}

static gatehouse_text text(const char* s) {
    gatehouse_text t = {s, strlen(s)};
    return t;
}

static int same(gatehouse_text t, const char* s) {
    return t.size == strlen(s) && memcmp(t.data, s, t.size) == 0;
}

static gatehouse_text header(const gatehouse_request* request, const char* name) {
    const gatehouse_text none = {"", 0};
    for (size_t i = 0; i < request->header_count; ++i)
        if (same(request->headers[i].name, name)) return request->headers[i].value;
    return none;
}

static void say(void* source, const char* what) {
    const gatehouse_host* host = host_of(source);
    host->log(host->context, GATEHOUSE_LOG_INFO, text(what));
}

/* ------------------------------------------------------------------------------------------------------------------------------ jobs */

/* One letter per step of the script; the last one repeats. */
struct job {
    void* source;
    char script[64];
    size_t at;
    char seen[4096];
    size_t seen_size;
    char url[256];
    gatehouse_turn old_turn;
};

static void note(struct job* job, const char* what, size_t size) {
    if (size > sizeof job->seen - 1 - job->seen_size) size = sizeof job->seen - 1 - job->seen_size;
    memcpy(job->seen + job->seen_size, what, size);
    job->seen_size += size;
}

static void note_state(void* context, const void* data, size_t size) {
    note(context, data, size);
}

static void note_input(struct job* job, const gatehouse_job_input* input) {
    char line[64];
    switch (input->kind) {
        case GATEHOUSE_INPUT_START:
            note(job, "start;", 6);
            return;
        case GATEHOUSE_INPUT_SLEPT:
            note(job, "slept;", 6);
            return;
        case GATEHOUSE_INPUT_STATE:
            note(job, line, (size_t)snprintf(line, sizeof line, "state %d;", input->status));
            return;
        default:
            for (size_t i = 0; i < input->response_count; ++i) {
                const gatehouse_http_response* response = input->responses[i];
                const char* all = input->kind == GATEHOUSE_INPUT_HTTP_ALL ? "all" : "http";
                note(job, line, (size_t)snprintf(line, sizeof line, "%s %d %d ", all, response->net, response->http_status));
                note(job, (const char*)response->body.data, response->body.size);
                note(job, ";", 1);
            }
    }
}

static gatehouse_status ask_http(struct job* job, const gatehouse_turn* turn, size_t count, const char* share, const char* bad) {
    const gatehouse_request_header headers[] = {{TEXT("Authorization"), TEXT("Basic "), TEXT("key")},
                                                {TEXT("X-Plain"), text(bad ? bad : "plain"), {NULL, 0}}};
    gatehouse_http_request request = {.struct_size = sizeof request,
                                      .method = TEXT("POST"),
                                      .url = text(job->url),
                                      .headers = headers,
                                      .header_count = 2,
                                      .body = {(const uint8_t*)"body", 4},
                                      .share_key = text(share)};
    const gatehouse_http_request* requests[65];
    for (size_t i = 0; i < 65; ++i) requests[i] = &request;
    if (count == 1) return turn->http(turn->context, &request);
    return turn->http_all(turn->context, requests, count);
}

static gatehouse_status finish(struct job* job, const gatehouse_turn* turn, int32_t kind, const gatehouse_state_entry* state,
                               size_t count) {
    static const gatehouse_header headers[] = {{TEXT("X-From"), TEXT("job")}};
    const gatehouse_result result = {.struct_size = sizeof result,
                                     .kind = kind,
                                     .body = {(const uint8_t*)job->seen, job->seen_size},
                                     .content_type = TEXT("text/plain"),
                                     .text = TEXT("no longer there"),
                                     .http_status = 201,
                                     .headers = headers,
                                     .header_count = 1,
                                     .state = state,
                                     .state_count = count};
    return turn->finish(turn->context, &result);
}

static gatehouse_status step(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    struct job* job = state;
    const gatehouse_host* host = host_of(job->source);
    const gatehouse_state_entry entry = {TEXT("k"), {(const uint8_t*)"value", 5}};
    const gatehouse_state_entry removed = {TEXT("k"), {NULL, 0}};
    const gatehouse_state_entry nameless = {{NULL, 0}, {(const uint8_t*)"value", 5}};
    const gatehouse_sink sink = {job, note_state};
    note_input(job, input);
    const char what = job->script[job->at];
    if (job->script[job->at + 1]) ++job->at;
    switch (what) {
        case 'h':
            return ask_http(job, turn, 1, "", NULL);
        case 'a':
            return ask_http(job, turn, 3, "", NULL);
        case 'A':
            return ask_http(job, turn, 64, "", NULL);
        case 'S':
            return ask_http(job, turn, 1, "shared", NULL);
        case 'L': /* takes as long over the step as the log lets it */
            say(job->source, "looks");
            return ask_http(job, turn, 1, "shared", NULL);
        case 's':
            return turn->sleep(turn->context, 1);
        case 'w':
            return turn->sleep(turn->context, 3600000);
        case 'p':
            return turn->put_state(turn->context, &entry, 1);
        case 'P':
            return turn->put_state(turn->context, &removed, 1);
        case 'd':
            return finish(job, turn, GATEHOUSE_RESULT_DOCUMENT, NULL, 0);
        case 'D':
            return finish(job, turn, GATEHOUSE_RESULT_DOCUMENT, &entry, 1);
        case 'o':
            return finish(job, turn, GATEHOUSE_RESULT_DONE, NULL, 0);
        case 'g':
            return finish(job, turn, GATEHOUSE_RESULT_GONE, NULL, 0);
        case 'r':
            return finish(job, turn, GATEHOUSE_RESULT_RESPONSE, NULL, 0);
        case 'f':
            return turn->fail(turn->context, GATEHOUSE_FAIL_RETRY, text("busy"), 1500);
        case 'F':
            return turn->fail(turn->context, GATEHOUSE_FAIL_REFUSED, text("wrong key"), 0);
        case 'i':
            return turn->fail(turn->context, GATEHOUSE_FAIL_INVALID, text("no sense"), 0);
        case 'k': /* reads state, then finishes */
            note(job, "k=", 2);
            if (host->get_state(host->context, text("k"), &sink) == GATEHOUSE_NOT_FOUND) note(job, "none", 4);
            note(job, ";", 1);
            return finish(job, turn, GATEHOUSE_RESULT_DOCUMENT, NULL, 0);
        /* And the rules it can break: */
        case 'n':
            return GATEHOUSE_OK; /* asks for nothing */
        case 't':                /* asks twice */
            turn->sleep(turn->context, 1);
            return turn->sleep(turn->context, 1) == GATEHOUSE_MISUSE ? GATEHOUSE_OK : GATEHOUSE_FAILED;
        case 'x': /* asks, then fails */
            turn->sleep(turn->context, 1);
            host->fail(host->context, text("the dog ate it"));
            return GATEHOUSE_FAILED;
        case '1': /* keeps the turn … */
            job->old_turn = *turn;
            return turn->sleep(turn->context, 1);
        case '2': /* … and uses it in a later step */
            if (job->old_turn.sleep(job->old_turn.context, 1) != GATEHOUSE_MISUSE) return GATEHOUSE_FAILED;
            return turn->sleep(turn->context, 1);
        case 'b':
            return ask_http(job, turn, 1, "", "two\r\nX-Injected: lines");
        case 'e':
            return ask_http(job, turn, 65, "", NULL);
        case 'c':
            return turn->put_state(turn->context, &nameless, 1);
        case 'm': { /* a refused try may be followed by a good one */
            const gatehouse_status status = turn->sleep(turn->context, -1);
            return status == GATEHOUSE_INVALID ? turn->sleep(turn->context, 1) : GATEHOUSE_FAILED;
        }
        case '!':
            __builtin_trap();
        default:
            return GATEHOUSE_INVALID;
    }
}

static void drop(void* state) {
    struct job* job = state;
    say(job->source, "dropped");
    free(job);
}

static gatehouse_job new_job(void* source, gatehouse_text script, gatehouse_text url) {
    struct job* job = calloc(1, sizeof *job);
    job->source = source;
    memcpy(job->script, script.data, script.size < sizeof job->script - 1 ? script.size : sizeof job->script - 1);
    memcpy(job->url, url.data, url.size < sizeof job->url - 1 ? url.size : sizeof job->url - 1);
    const gatehouse_job made = {job, step, drop};
    return made;
}

/* The string member of a flat JSON object without escapes. */
static gatehouse_text member(gatehouse_text json, const char* name) {
    gatehouse_text found = {"", 0};
    char key[64];
    const size_t size = (size_t)snprintf(key, sizeof key, "\"%s\":\"", name);
    for (size_t i = 0; i + size < json.size; ++i) {
        if (memcmp(json.data + i, key, size) != 0) continue;
        found.data = json.data + i + size;
        while (found.data[found.size] != '"') ++found.size;
        break;
    }
    return found;
}

/* --------------------------------------------------------------------------------------------------------------------------- requests */

static gatehouse_status accept(const gatehouse_verify_answer* answer) {
    const gatehouse_acceptance accepted = {.struct_size = sizeof accepted,
                                           .signed_at = 1700000000000,
                                           .tolerance_past = 300000,
                                           .tolerance_future = 60000,
                                           .replay_id = TEXT("replay-1")};
    return answer->accept(answer->context, &accepted);
}

static gatehouse_status refuse(const gatehouse_verify_answer* answer, const char* code, int32_t status, const char* value) {
    const gatehouse_header headers[] = {{TEXT("WWW-Authenticate"), text(value)}};
    const gatehouse_refusal refusal = {.struct_size = sizeof refusal,
                                       .http_status = status,
                                       .code = text(code),
                                       .hint = TEXT("look at the signature"),
                                       .headers = headers,
                                       .header_count = 1};
    return answer->refuse(answer->context, &refusal);
}

static gatehouse_status verify_hmac(const gatehouse_host* host, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    static const char digits[] = "0123456789abcdef";
    const gatehouse_text given = header(request, "x-signature");
    const uint32_t count = host->secret_count(host->context, text("secret"));
    for (uint32_t i = 0; i < count; ++i) {
        uint8_t digest[32];
        char hex[64];
        const gatehouse_status status = host->hmac(host->context, GATEHOUSE_HMAC_SHA256, GATEHOUSE_KEY_RAW, text("secret"), i,
                                                   &request->body, 1, digest, sizeof digest);
        if (status != GATEHOUSE_OK) return status;
        for (size_t k = 0; k < 32; ++k) {
            hex[2 * k] = digits[digest[k] >> 4];
            hex[2 * k + 1] = digits[digest[k] & 15];
        }
        if (given.size == sizeof hex && memcmp(given.data, hex, sizeof hex) == 0) return accept(answer);
    }
    return refuse(answer, "signature_mismatch", 401, "Signature");
}

static gatehouse_verify_answer kept_answer;

static gatehouse_status verify(void* source, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const gatehouse_host* host = host_of(source);
    const gatehouse_text what = header(request, "x-verify");
    if (same(what, "hmac")) return verify_hmac(host, request, answer);
    if (same(what, "refuse")) return refuse(answer, "signature_mismatch", 418, "Signature");
    if (same(what, "refuse_bad_code")) return refuse(answer, "Signature Mismatch", 403, "Signature");
    if (same(what, "refuse_bad_header")) return refuse(answer, "signature_mismatch", 403, "a\r\nSet-Cookie: b");
    if (same(what, "nothing")) return GATEHOUSE_OK;
    if (same(what, "twice")) {
        accept(answer);
        accept(answer);
        return GATEHOUSE_OK;
    }
    if (same(what, "need") || same(what, "need_twice")) {
        const gatehouse_job job = new_job(source, text("o"), text(""));
        const gatehouse_status first = answer->need(answer->context, &job);
        if (same(what, "need")) return first;
        const gatehouse_job other = new_job(source, text("o"), text(""));
        /* What was not taken stays with the plugin. */
        if (answer->need(answer->context, &other) != GATEHOUSE_OK) other.drop(other.state);
        return GATEHOUSE_OK;
    }
    if (same(what, "fail")) {
        host->fail(host->context, text("setting \"secret\" does not decode"));
        return GATEHOUSE_FAILED;
    }
    if (same(what, "keep")) {
        kept_answer = *answer;
        return accept(answer);
    }
    if (same(what, "use_kept")) {
        accept(&kept_answer);
        return accept(answer);
    }
    if (same(what, "short")) {
        const gatehouse_acceptance accepted = {.struct_size = 8};
        return answer->accept(answer->context, &accepted);
    }
    if (same(what, "negative")) {
        const gatehouse_acceptance accepted = {.struct_size = sizeof accepted, .signed_at = 1, .tolerance_past = -1};
        return answer->accept(answer->context, &accepted);
    }
    if (same(what, "path"))
        return refuse(answer, request->path.size == 5 && memcmp(request->path.data, "/more", 5) == 0 ? "more" : "other", 403, "x");
    if (same(what, "count"))
        return refuse(answer, request->header_count == 90 && same(request->headers[89].name, "h89") ? "ninety" : "other", 403, "x");
    if (same(what, "crash")) __builtin_trap();
    return accept(answer);
}

static gatehouse_status handle(void* source, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                               const gatehouse_handle_answer* answer) {
    const gatehouse_text what = header(request, "x-handle");
    gatehouse_event event = {.struct_size = sizeof event,
                             .flags = GATEHOUSE_EVENT_BODY_MAY_VARY,
                             .dedupe_key = TEXT("key-1"),
                             .type = TEXT("thing.changed"),
                             .subject = TEXT("thing/7"),
                             .ordering_key = TEXT("7"),
                             .occurred_at = 1700000000123,
                             .http_status = 200};
    if (same(what, "respond")) {
        const gatehouse_header headers[] = {{TEXT("X-Echo"), acceptance->replay_id}};
        const gatehouse_state_entry state = {TEXT("token"), request->body};
        const gatehouse_response response = {.struct_size = sizeof response,
                                             .http_status = 200,
                                             .headers = headers,
                                             .header_count = 1,
                                             .body = request->body,
                                             .state = &state,
                                             .state_count = 1};
        return answer->respond(answer->context, &response);
    }
    if (same(what, "job")) {
        const gatehouse_job job = new_job(source, text("r"), text(""));
        return answer->job(answer->context, &job);
    }
    if (same(what, "refuse")) {
        const gatehouse_refusal refusal = {.struct_size = sizeof refusal, .http_status = 400, .code = TEXT("not_json"), .hint = TEXT("")};
        return answer->refuse(answer->context, &refusal);
    }
    if (same(what, "no_type")) event.type.size = 0;
    if (same(what, "no_key")) event.dedupe_key.size = 0;
    if (same(what, "bad_status")) event.http_status = 404;
    if (same(what, "unknown_flags")) event.flags = 1u << 30;
    if (same(what, "nothing")) return GATEHOUSE_OK;
    return answer->event(answer->context, &event);
}

static gatehouse_status fetch(void* source, const gatehouse_stored_event* event, gatehouse_job* job) {
    const gatehouse_text script = header(event->request, "x-script");
    if (script.size == 0) {
        const gatehouse_host* host = host_of(source);
        host->fail(host->context, text("the stored request has no script"));
        return GATEHOUSE_FAILED;
    }
    *job = new_job(source, script, header(event->request, "x-url"));
    return GATEHOUSE_OK;
}

static gatehouse_status run(void* source, gatehouse_text arguments, gatehouse_job* job) {
    *job = new_job(source, member(arguments, "script"), member(arguments, "url"));
    return GATEHOUSE_OK;
}

static gatehouse_status nothing(void* source, gatehouse_text arguments, gatehouse_job* job) {
    (void)source;
    (void)arguments;
    memset(job, 0, sizeof *job);
    return GATEHOUSE_OK;
}

/* -------------------------------------------------------------------------------------------------------------------------------- life */

static gatehouse_status open_source(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    /* Tests read here what the plugin was given. */
    host->log(host->context, GATEHOUSE_LOG_INFO, settings->json);
    const gatehouse_host** made = malloc(sizeof *made);
    *made = host;
    *source = made;
    return GATEHOUSE_OK;
}

static gatehouse_status enroll(void* source, const gatehouse_registry* registry) {
    const gatehouse_verifier verifier = {.struct_size = sizeof verifier, .name = TEXT("v"), .verify = verify, .user = source};
    gatehouse_route route = {.struct_size = sizeof route, .method = TEXT("POST"), .verifier = TEXT("v"), .handle = handle, .user = source};
    const gatehouse_fetch_back fetches[] = {
        {.struct_size = sizeof *fetches, .type_pattern = TEXT("thing.*"), .begin = fetch, .user = source},
        {.struct_size = sizeof *fetches, .type_pattern = TEXT("whole"), .begin = fetch, .user = source}};
    const gatehouse_operation operations[] = {
        {.struct_size = sizeof *operations,
         .name = TEXT("run"),
         .summary = TEXT("runs a script"),
         .arguments_schema =
             TEXT("{\"type\":\"object\",\"required\":[\"script\"],\"properties\":{\"script\":{\"type\":\"string\",\"minLength\":1},"
                  "\"url\":{\"type\":\"string\",\"default\":\"http://127.0.0.1:1/\"}}}"),
         .kind = TEXT("test"),
         .begin = run,
         .user = source},
        {.struct_size = sizeof *operations, .name = TEXT("nothing"), .begin = nothing, .user = source}};
    const gatehouse_egress egress = {.struct_size = sizeof egress, .setting = TEXT("api_url")};
    gatehouse_status status = registry->route(registry->context, &route);
    route.path = text("/more");
    status |= registry->route(registry->context, &route);
    status |= registry->verifier(registry->context, &verifier); /* the order does not matter */
    for (size_t i = 0; i < 2; ++i) status |= registry->fetch_back(registry->context, &fetches[i]);
    for (size_t i = 0; i < 2; ++i) status |= registry->operation(registry->context, &operations[i]);
    status |= registry->egress(registry->context, &egress);
    return status;
}

static void close_source(void* source) {
    say(source, "closed");
    free(source);
}

static const gatehouse_sample accepted = {.struct_size = sizeof accepted,
                                          .expect = GATEHOUSE_EXPECT_ACCEPT,
                                          .name = TEXT("genuine"),
                                          .settings = TEXT("{\"secret\":\"s\",\"key\":\"k\"}"),
                                          .request = TEXT("POST / HTTP/1.1\nHost: x\n\n{}"),
                                          .at = 1700000000000,
                                          .code = TEXT("thing.changed")};
static const gatehouse_sample refused = {.struct_size = sizeof refused,
                                         .expect = GATEHOUSE_EXPECT_REFUSE,
                                         .name = TEXT("forged"),
                                         .settings = TEXT("{\"secret\":\"s\",\"key\":\"k\"}"),
                                         .request = TEXT("POST / HTTP/1.1\nHost: x\nx-verify: hmac\n\n{}"),
                                         .at = 1700000000000,
                                         .code = TEXT("signature_mismatch")};

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    static const gatehouse_sample* const samples[] = {&accepted, &refused};
    static const gatehouse_plugin plugin = {
        .struct_size = sizeof plugin,
        .abi_minor_built = GATEHOUSE_ABI_MINOR,
        .name = TEXT("script"),
        .version = TEXT("1.2.3-rc.1+build"),
        .summary = TEXT("does what it is told"),
        .settings_schema = TEXT("{\"type\":\"object\",\"required\":[\"secret\"],\"properties\":{"
                                "\"secret\":{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"},\"writeOnly\":true,"
                                "\"description\":\"with which notifications are signed\"},"
                                "\"key\":{\"type\":\"string\",\"writeOnly\":true},"
                                "\"region\":{\"enum\":[\"au\",\"eu\"],\"default\":\"au\"},"
                                "\"api_url\":{\"type\":\"string\",\"format\":\"uri\"}}}"),
        .open_source = open_source,
        .enroll = enroll,
        .close_source = close_source,
        .samples = samples,
        .sample_count = 2};
    return hello->struct_size >= sizeof *hello ? &plugin : NULL;
}
