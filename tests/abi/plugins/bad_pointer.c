#include "tiny.h"

/* A descriptor that is none: reading it crashes. */
const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return (const gatehouse_plugin*)(uintptr_t)16;
}
