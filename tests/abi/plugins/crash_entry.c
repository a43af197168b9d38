#include "tiny.h"

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    __builtin_trap();
}
