#include "tiny.h"

static volatile int running = 1;

__attribute__((constructor)) static void never_ends(void) {
    while (running) {
    }
}

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
