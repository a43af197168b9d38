/* The same plugin in its next version: other code behind the same name. */
#define TINY_VERSION "2.0.0"
#define TINY_TYPE "second"
#include "tiny.h"

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
