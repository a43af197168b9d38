/* The header as a library with debug information, for abidw and abidiff: see sdk/abi/README.md. */
#include <gatehouse/abi.h>

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return NULL;
}
