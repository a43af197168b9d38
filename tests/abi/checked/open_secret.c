/* The schema does not say that the key is a secret. */
#define CAREFUL_SCHEMA                                                                                                       \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"secret\"],\"properties\":{"                         \
    "\"secret\":{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"},\"writeOnly\":true,\"description\":\"s\"}," \
    "\"api_key\":{\"type\":\"string\",\"description\":\"k\"}}}"
#include "careful.h"
