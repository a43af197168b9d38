#include "tiny.h"

int defined_nowhere(void);

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return defined_nowhere() ? tiny_plugin() : NULL;
}
