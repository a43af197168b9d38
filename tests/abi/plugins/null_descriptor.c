#include "tiny.h"

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    hello->fail(hello->context, tiny_text("this machine has no \"frobnicator\""));
    return NULL;
}
