/* As if built with a header in which the descriptor was shorter. */
#define TINY_SIZE (sizeof(gatehouse_plugin) - 8)
#include "tiny.h"

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
