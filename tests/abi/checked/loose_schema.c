/* A schema that lets everything through, in front of an open_source that does not say what it misses. */
#define CAREFUL_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"additionalProperties\":true,\"properties\":{"                              \
    "\"secret\":{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"},\"writeOnly\":true}," \
    "\"api_key\":{\"type\":\"string\",\"writeOnly\":true,\"description\":\"k\"},\"mode\":{\"description\":\"takes anything\"}}}"
#define CAREFUL_SETTINGS "{\"secret\":\"careful-sample-secret\",\"api_key\":\"careful-sample-api-key\",\"mode\":\"x\"}"
#define CAREFUL_OPEN loose_open
#include "careful.h"

static gatehouse_status loose_open(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    if (host->secret_count(host->context, careful_text("secret")) == 0) return GATEHOUSE_FAILED;
    return careful_open(host, settings, source);
}
