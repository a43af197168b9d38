/* The next version of tiny, which asks for a setting that nobody has given yet. */
#define TINY_VERSION "3.0.0"
#define TINY_SCHEMA "{\"type\":\"object\",\"required\":[\"token\"],\"properties\":{\"token\":{\"type\":\"string\"}}}"
#define TINY_TYPE "stricter"
#include "tiny.h"

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
