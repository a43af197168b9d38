/* DRAFT: simulated providers, interface gatehouse.simulator/1.
 *
 * A simulator is one shared library that plays one provider for the sandbox: it answers the provider's API, sends the provider's
 * notifications signed as the real ones, and keeps the provider's schedule of retries. In the spirit of abi.h: the simulator computes,
 * the host does all input and output, so that a simulator can be driven by a test without a network and in simulated time.
 *
 * A draft may still change. It loads only into a host built with the same GATEHOUSE_SIMULATOR_REVISION.
 *
 * All calls of one simulator come on one thread, one at a time, and must not block. The host's functions may be called on that thread only,
 * from the beginning of open until close returns; they never call back into the simulator. What a function is given is borrowed until it
 * returns, what a function gives is copied before the giving call returns.
 *
 * Text, times, structs and statuses: as in abi.h.
 */
#ifndef GATEHOUSE_SIMULATOR_H
#define GATEHOUSE_SIMULATOR_H

#include <gatehouse/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GATEHOUSE_SIMULATOR_ID "gatehouse.simulator/1"
#define GATEHOUSE_SIMULATOR_REVISION 1

/* A notification or any other request to send. */
typedef struct gatehouse_simulator_request {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    gatehouse_text method;
    gatehouse_text url; /* absolute; the host sends only to loopback addresses unless it was told otherwise */
    const gatehouse_header* headers;
    size_t header_count;
    gatehouse_bytes body; /* sent byte for byte */
    int64_t timeout;      /* of the real clock, from queueing to the last byte; 0 = 15 s */
} gatehouse_simulator_request;

/* Accounts begin as those of a new customer: without the subscriptions that the gateway can make itself. Without this flag they begin with
 * one that leads to target_url. Where somebody else subscribes, such as the owner of an SNS topic, it changes nothing. */
#define GATEHOUSE_SIMULATOR_FRESH 1u

typedef struct gatehouse_simulator_host {
    uint32_t struct_size;
    uint32_t flags; /* GATEHOUSE_SIMULATOR_* */
    void* context;

    /* level: GATEHOUSE_LOG_* */
    void (*log)(void* context, int32_t level, gatehouse_text message);
    /* Why the call that is about to return a status other than GATEHOUSE_OK failed: what, where, what to do. */
    void (*fail)(void* context, gatehouse_text text);

    /* Simulated time: runs as fast as the host says. For schedules, expiry and creation dates. */
    int64_t (*now)(void* context);
    /* The real clock. For times that the receiver compares with its own clock, such as a signed timestamp. */
    int64_t (*wall_now)(void* context);
    /* The same bytes for the same seed, on every run. */
    void (*random)(void* context, uint8_t* out, size_t size);

    /* Sends; the outcome comes through sent() with this token. */
    gatehouse_status (*send)(void* context, const gatehouse_simulator_request* request, uint64_t token);
    /* Calls woken(token) once when simulated time has come to `time`; at once (but not from inside this call) when it has. */
    gatehouse_status (*wake_at)(void* context, int64_t time, uint64_t token);

    gatehouse_text base_url;   /* where this simulator is served, "http://127.0.0.1:4011": for links in answers */
    gatehouse_text target_url; /* where the gateway's source listens */

    /* Interfaces added later, by id; NULL when this host does not have it. */
    const void* (*get_interface)(void* context, gatehouse_text id);
} gatehouse_simulator_host;

/* The answer to one request of the API: exactly one call of respond, copying its argument (its state is not looked at). */
typedef struct gatehouse_simulator_answer {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    void* context;
    gatehouse_status (*respond)(void* context, const gatehouse_response* response);
} gatehouse_simulator_answer;

/* The descriptor: static, never freed. */
typedef struct gatehouse_simulator {
    uint32_t struct_size;
    uint32_t revision;      /* GATEHOUSE_SIMULATOR_REVISION when compiled */
    gatehouse_text id;      /* GATEHOUSE_SIMULATOR_ID */
    gatehouse_text name;    /* the provider's, [a-z0-9-]{1,40}; the plugin's name where there is one */
    gatehouse_text version; /* semantic version */
    gatehouse_text summary; /* one line */

    /* settings: a JSON object, "{}" for the defaults. Writes the simulator's object. host stays valid until close returns. */
    gatehouse_status (*open)(const gatehouse_simulator_host* host, gatehouse_text settings, void** simulator);
    /* Outcomes of requests still under way are dropped. */
    void (*close)(void* simulator);

    /* The provider's API. request->path is the whole path, raw. received_at is simulated time. */
    gatehouse_status (*serve)(void* simulator, const gatehouse_request* request, const gatehouse_simulator_answer* answer);
    void (*sent)(void* simulator, uint64_t token, const gatehouse_http_response* response);
    void (*woken)(void* simulator, uint64_t token);
    /* What an operator of the sandbox asks for; arguments and answer are JSON objects. GATEHOUSE_NOT_FOUND: no such command;
     * GATEHOUSE_INVALID: wrong arguments (see fail). */
    gatehouse_status (*command)(void* simulator, gatehouse_text name, gatehouse_text arguments, const gatehouse_sink* out);
    /* A JSON object:
     *   "types":    ["user.created", …]                  what `send` can send
     *   "tampers":  [{"name": …, "about": …}, …]         how a notification can be spoiled
     *   "commands": [{"name": …, "arguments": {name: about, …}, "about": …}, …]
     *   "source":   {"plugin": …, "settings": {…}, "fetch_back": {…}, "subscription": {…}}: what the configuration file needs
     *   "documents": false where the provider has no API to fetch the record from; absent = true
     *   "secrets":  {name: value, …}: what "${secret:NAME}" in a text of "source" stands for, so that it can be kept in a file
     */
    gatehouse_status (*describe)(void* simulator, const gatehouse_sink* out);
} gatehouse_simulator;

/* The one exported function. NULL after hello->fail(reason) refuses to run. */
typedef const gatehouse_simulator* (*gatehouse_simulator_entry)(const gatehouse_hello* hello);
#define GATEHOUSE_SIMULATOR_SYMBOL "gatehouse_simulator_v1"
GATEHOUSE_EXPORT const gatehouse_simulator* gatehouse_simulator_v1(const gatehouse_hello* hello);

#ifdef __cplusplus
}
#endif

#endif
