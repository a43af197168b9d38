#define TINY_NAME "Not A Name"
#include "tiny.h"

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    return tiny_plugin();
}
