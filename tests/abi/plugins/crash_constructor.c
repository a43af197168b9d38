#include <stdlib.h>

#include "tiny.h"

__attribute__((constructor)) static void crash(void) {
    abort();
}

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
