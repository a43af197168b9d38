__attribute__((visibility("default"))) const void* gatehouse_plugin_v2(const void* hello);
const void* gatehouse_plugin_v2(const void* hello) {
    return hello;
}
