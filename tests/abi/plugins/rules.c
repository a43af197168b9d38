/* Breaks the rule of enroll() that its setting "case" names. */
#include <gatehouse/abi.h>

#define TINY_NAME "rules"
#define TINY_SCHEMA                                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"case\":{\"type\":\"string\"},\"url\":{\"type\":\"string\",\"format\":\"uri\"}," \
    "\"key\":{\"type\":\"string\",\"writeOnly\":true}}}"
#define TINY_ENROLL enroll

static gatehouse_status enroll(void* source, const gatehouse_registry* registry);
#include "tiny.h"

/* Enough of the settings for enroll: the C library is all the JSON reader this needs. */
static char wanted[64];

static int is(const char* name) {
    return strcmp(wanted, name) == 0;
}

static gatehouse_status open_rules(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    static const char key[] = "\"case\":\"";
    wanted[0] = 0;
    for (size_t i = 0; i + sizeof key <= settings->json.size; ++i) {
        if (memcmp(settings->json.data + i, key, sizeof key - 1) != 0) continue;
        const char* from = settings->json.data + i + sizeof key - 1;
        size_t n = 0;
        while (n < sizeof wanted - 1 && from[n] != '"') ++n;
        memcpy(wanted, from, n);
        wanted[n] = 0;
    }
    if (is("open_fails")) {
        host->fail(host->context, tiny_text("setting \"case\" asks for failure; choose another"));
        return GATEHOUSE_FAILED;
    }
    *source = (void*)host;
    return GATEHOUSE_OK;
}

static gatehouse_status begin(void* user, gatehouse_text arguments, gatehouse_job* job) {
    (void)user;
    (void)arguments;
    memset(job, 0, sizeof *job);
    return GATEHOUSE_OK;
}

static gatehouse_status enroll(void* source, const gatehouse_registry* registry) {
    const gatehouse_host* host = source;
    gatehouse_verifier verifier = {.struct_size = sizeof verifier, .name = TINY_TEXT("w"), .verify = tiny_verify};
    gatehouse_route route = {.struct_size = sizeof route,
                             .method = TINY_TEXT("GET"),
                             .path = TINY_TEXT("/more"),
                             .verifier = TINY_TEXT("v"),
                             .handle = tiny_handle};
    gatehouse_operation operation = {.struct_size = sizeof operation, .name = TINY_TEXT("op"), .begin = begin};
    gatehouse_egress egress = {.struct_size = sizeof egress};
    const gatehouse_status status = tiny_enroll_defaults(registry);
    if (status != GATEHOUSE_OK) return status;
    if (is("route_without_verifier"))
        route.verifier = tiny_text("");
    else if (is("unknown_verifier"))
        route.verifier = tiny_text("nobody");
    else if (is("duplicate_route")) {
        route.method = tiny_text("POST");
        route.path = tiny_text("");
    } else if (is("bad_method"))
        route.method = tiny_text("get");
    else if (is("bad_path"))
        route.path = tiny_text("/a/../b");
    else if (is("no_handle"))
        route.handle = NULL;
    else if (is("route_size"))
        route.struct_size = 8;
    else if (is("duplicate_verifier")) {
        verifier.name = tiny_text("v");
        return registry->verifier(registry->context, &verifier);
    } else if (is("duplicate_operation")) {
        registry->operation(registry->context, &operation);
        return registry->operation(registry->context, &operation);
    } else if (is("bad_kind")) {
        operation.kind = tiny_text("destroy");
        return registry->operation(registry->context, &operation);
    } else if (is("bad_arguments_schema")) {
        operation.arguments_schema = tiny_text("{\"type\":");
        return registry->operation(registry->context, &operation);
    } else if (is("egress_both")) {
        egress.setting = tiny_text("url");
        egress.host = tiny_text("api.example.com");
        return registry->egress(registry->context, &egress);
    } else if (is("egress_neither"))
        return registry->egress(registry->context, &egress);
    else if (is("egress_address")) {
        egress.host = tiny_text("10.0.0.1");
        return registry->egress(registry->context, &egress);
    } else if (is("egress_secret")) {
        egress.setting = tiny_text("key");
        return registry->egress(registry->context, &egress);
    } else if (is("egress_unknown")) {
        egress.setting = tiny_text("uri");
        return registry->egress(registry->context, &egress);
    } else if (is("egress_setting")) {
        egress.setting = tiny_text("url");
        const gatehouse_status first = registry->egress(registry->context, &egress);
        const gatehouse_egress other = {.struct_size = sizeof other, .host = TINY_TEXT("*.Example.com"), .path_prefix = TINY_TEXT("/v1")};
        return first == GATEHOUSE_OK ? registry->egress(registry->context, &other) : first;
    } else if (is("enroll_fails")) {
        host->fail(host->context, tiny_text("the moon is full"));
        return GATEHOUSE_FAILED;
    } else if (is("ignores_refusal")) {
        /* The status is ignored: the source must not open all the same. */
        route.verifier = tiny_text("");
        registry->route(registry->context, &route);
        return GATEHOUSE_OK;
    } else if (is("newer_tail")) {
        /* A route of a later minor, with a member this host does not know: refused, and the plugin falls back to the one it knows. */
        struct {
            gatehouse_route route;
            uint64_t more;
        } newer = {route, 1};
        newer.route.struct_size = sizeof newer;
        if (registry->route(registry->context, &newer.route) != GATEHOUSE_UNSUPPORTED) return GATEHOUSE_FAILED;
        newer.more = 0;
        return registry->route(registry->context, &newer.route);
    } else if (is("kept_registry")) {
        /* Legal now, no longer once enroll has returned: open a second source to see it. */
        static gatehouse_registry copy;
        static int opened;
        if (opened++ == 0)
            copy = *registry;
        else
            return copy.route(copy.context, &route) == GATEHOUSE_MISUSE ? GATEHOUSE_OK : GATEHOUSE_FAILED;
        return GATEHOUSE_OK;
    }
    return registry->route(registry->context, &route);
}

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    static gatehouse_plugin plugin;
    plugin = *tiny_plugin();
    plugin.open_source = open_rules;
    return &plugin;
}
