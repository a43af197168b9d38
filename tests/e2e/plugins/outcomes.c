/* A plugin whose routes show every outcome a plugin can have, one route each. In plain C11, against abi.h alone. */
#include <gatehouse/abi.h>

#include <stdlib.h>
#include <string.h>

#define TEXT(s) ((gatehouse_text){s, sizeof(s) - 1})

struct source {
    const gatehouse_host *host;
};

/* -------------------------------------------------------------------------------------------------------------------- verifiers */

static gatehouse_acceptance accepted(void) {
    gatehouse_acceptance a;
    memset(&a, 0, sizeof a);
    a.struct_size = sizeof a;
    a.signed_at = GATEHOUSE_NO_TIME;
    return a;
}

static gatehouse_status accept_all(void *user, const gatehouse_request *request, const gatehouse_verify_answer *answer) {
    const gatehouse_acceptance a = accepted();
    (void)user;
    (void)request;
    return answer->accept(answer->context, &a);
}

static void discard(void *context, const void *data, size_t size) {
    (void)context;
    (void)data;
    (void)size;
}

static gatehouse_status store_key(void *state, const gatehouse_job_input *input, const gatehouse_turn *turn) {
    gatehouse_result result;
    const gatehouse_state_entry key = {TEXT("key"), {(const uint8_t *)"1", 1}};
    (void)state;
    (void)input;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.kind = GATEHOUSE_RESULT_DONE;
    result.state = &key;
    result.state_count = 1;
    return turn->finish(turn->context, &result);
}

static gatehouse_status fail_job(void *state, const gatehouse_job_input *input, const gatehouse_turn *turn) {
    (void)state;
    (void)input;
    return turn->fail(turn->context, GATEHOUSE_FAIL_RETRY, TEXT("the key cannot be fetched"), 0);
}

static void drop_nothing(void *state) { (void)state; }

/* Accepts once a job has stored the key. */
static gatehouse_status needs_key(void *user, const gatehouse_request *request, const gatehouse_verify_answer *answer) {
    const struct source *source = user;
    const gatehouse_sink sink = {NULL, discard};
    const gatehouse_job job = {NULL, store_key, drop_nothing};
    if (source->host->get_state(source->host->context, TEXT("key"), &sink) == GATEHOUSE_OK) return accept_all(user, request, answer);
    return answer->need(answer->context, &job);
}

static gatehouse_status needs_in_vain(void *user, const gatehouse_request *request, const gatehouse_verify_answer *answer) {
    const gatehouse_job job = {NULL, fail_job, drop_nothing};
    (void)user;
    (void)request;
    return answer->need(answer->context, &job);
}

static gatehouse_status says_nothing(void *user, const gatehouse_request *request, const gatehouse_verify_answer *answer) {
    (void)user;
    (void)request;
    (void)answer;
    return GATEHOUSE_OK;
}

/* --------------------------------------------------------------------------------------------------------------------- handlers */

/* The dedupe key is the body, so that each test names its own events. */
static gatehouse_status make_event(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                                   const gatehouse_handle_answer *answer) {
    gatehouse_event event;
    (void)user;
    (void)acceptance;
    memset(&event, 0, sizeof event);
    event.struct_size = sizeof event;
    event.dedupe_key = (gatehouse_text){(const char *)request->body.data, request->body.size};
    event.type = TEXT("thing.made");
    event.subject = TEXT("thing");
    event.occurred_at = GATEHOUSE_NO_TIME;
    event.http_status = 200;
    return answer->event(answer->context, &event);
}

static gatehouse_status respond_at_once(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                                        const gatehouse_handle_answer *answer) {
    const gatehouse_header header = {TEXT("Cache-Control"), TEXT("no-store")};
    const gatehouse_state_entry entry = {TEXT("responded"), {(const uint8_t *)"1", 1}};
    gatehouse_response response;
    (void)user;
    (void)request;
    (void)acceptance;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;
    response.http_status = 200;
    response.headers = &header;
    response.header_count = 1;
    response.body = (gatehouse_bytes){(const uint8_t *)"hello", 5};
    response.state = &entry;
    response.state_count = 1;
    return answer->respond(answer->context, &response);
}

static gatehouse_status sleep_then_answer(void *state, const gatehouse_job_input *input, const gatehouse_turn *turn) {
    gatehouse_result result;
    (void)state;
    if (input->kind == GATEHOUSE_INPUT_START) return turn->sleep(turn->context, 20);
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.kind = GATEHOUSE_RESULT_RESPONSE;
    result.http_status = 201;
    result.body = (gatehouse_bytes){(const uint8_t *)"later", 5};
    return turn->finish(turn->context, &result);
}

static gatehouse_status respond_later(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                                      const gatehouse_handle_answer *answer) {
    const gatehouse_job job = {NULL, sleep_then_answer, drop_nothing};
    (void)user;
    (void)request;
    (void)acceptance;
    return answer->job(answer->context, &job);
}

static gatehouse_status refuse_body(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                                    const gatehouse_handle_answer *answer) {
    gatehouse_refusal refusal;
    (void)user;
    (void)request;
    (void)acceptance;
    memset(&refusal, 0, sizeof refusal);
    refusal.struct_size = sizeof refusal;
    refusal.http_status = 400;
    refusal.code = TEXT("body_unusable");
    refusal.hint = TEXT("the body is not what it should be");
    return answer->refuse(answer->context, &refusal);
}

static gatehouse_status crash(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                              const gatehouse_handle_answer *answer) {
    (void)user;
    (void)request;
    (void)acceptance;
    (void)answer;
    abort();
}

static gatehouse_status two_answers(void *user, const gatehouse_request *request, const gatehouse_acceptance *acceptance,
                                    const gatehouse_handle_answer *answer) {
    make_event(user, request, acceptance, answer);
    return make_event(user, request, acceptance, answer);
}

/* ------------------------------------------------------------------------------------------------------------------- life cycle */

static gatehouse_status open_source(const gatehouse_host *host, const gatehouse_settings *settings, void **out) {
    struct source *source = malloc(sizeof *source);
    (void)settings;
    if (!source) return GATEHOUSE_FAILED;
    source->host = host;
    *out = source;
    return GATEHOUSE_OK;
}

static gatehouse_status enroll(void *source, const gatehouse_registry *registry) {
    static const struct {
        gatehouse_text name;
        gatehouse_verify verify;
    } verifiers[] = {{{"all", 3}, accept_all}, {{"key", 3}, needs_key}, {{"vain", 4}, needs_in_vain}, {{"mute", 4}, says_nothing}};
    static const struct {
        gatehouse_text path, verifier;
        gatehouse_handle handle;
    } routes[] = {
        {{"/event", 6}, {"all", 3}, make_event},       {{"/key", 4}, {"key", 3}, make_event},       {{"/vain", 5}, {"vain", 4}, make_event},
        {{"/mute", 5}, {"mute", 4}, make_event},       {{"/respond", 8}, {"all", 3}, respond_at_once}, {{"/later", 6}, {"all", 3}, respond_later},
        {{"/refuse", 7}, {"all", 3}, refuse_body},     {{"/twice", 6}, {"all", 3}, two_answers},    {{"/crash", 6}, {"all", 3}, crash},
    };
    for (size_t i = 0; i < sizeof verifiers / sizeof *verifiers; ++i) {
        gatehouse_verifier v;
        memset(&v, 0, sizeof v);
        v.struct_size = sizeof v;
        v.name = verifiers[i].name;
        v.verify = verifiers[i].verify;
        v.user = source;
        const gatehouse_status status = registry->verifier(registry->context, &v);
        if (status != GATEHOUSE_OK) return status;
    }
    for (size_t i = 0; i < sizeof routes / sizeof *routes; ++i) {
        gatehouse_route r;
        memset(&r, 0, sizeof r);
        r.struct_size = sizeof r;
        r.method = TEXT("POST");
        r.path = routes[i].path;
        r.verifier = routes[i].verifier;
        r.max_body = 1000;
        r.handle = routes[i].handle;
        r.user = source;
        const gatehouse_status status = registry->route(registry->context, &r);
        if (status != GATEHOUSE_OK) return status;
    }
    return GATEHOUSE_OK;
}

static void close_source(void *source) { free(source); }

const gatehouse_plugin *gatehouse_plugin_v1(const gatehouse_hello *hello) {
    static gatehouse_plugin plugin;
    (void)hello;
    plugin.struct_size = sizeof plugin;
    plugin.abi_minor_built = GATEHOUSE_ABI_MINOR;
    plugin.name = TEXT("outcomes");
    plugin.version = TEXT("1.0.0");
    plugin.summary = TEXT("every outcome, one route each");
    plugin.settings_schema = TEXT("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}");
    plugin.open_source = open_source;
    plugin.enroll = enroll;
    plugin.close_source = close_source;
    return &plugin;
}
