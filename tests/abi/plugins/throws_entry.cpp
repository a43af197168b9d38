#include <gatehouse/abi.h>

extern "C" const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello*) {
    throw 42;
}
