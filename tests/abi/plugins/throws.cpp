// Throws across the border wherever the host calls it, except while it loads. What it throws first is chosen by the settings.
#include <gatehouse/abi.h>

#include <stdexcept>
#include <string_view>

namespace {

template <size_t n>
constexpr gatehouse_text text(const char (&s)[n]) {
    return {s, n - 1};
}

gatehouse_status open(const gatehouse_host* host, const gatehouse_settings* settings, void** source) {
    if (std::string_view(settings->json.data, settings->json.size).find("open") != std::string_view::npos) throw std::runtime_error("open");
    *source = const_cast<gatehouse_host*>(host);
    return GATEHOUSE_OK;
}

gatehouse_status verify(void*, const gatehouse_request*, const gatehouse_verify_answer* answer) {
    // Also after a valid answer the exception makes it a fault.
    gatehouse_acceptance accepted{};
    accepted.struct_size = sizeof accepted;
    accepted.signed_at = GATEHOUSE_NO_TIME;
    answer->accept(answer->context, &accepted);
    throw std::runtime_error("verify");
}

gatehouse_status handle(void*, const gatehouse_request*, const gatehouse_acceptance*, const gatehouse_handle_answer*) {
    throw 1;
}

gatehouse_status step(void*, const gatehouse_job_input*, const gatehouse_turn*) {
    throw 2;
}
void drop(void* dropped) {
    ++*static_cast<int*>(dropped);
}
int drops = 0;

gatehouse_status begin(void*, gatehouse_text, gatehouse_job* job) {
    *job = {&drops, step, drop};
    return GATEHOUSE_OK;
}

gatehouse_status enroll(void*, const gatehouse_registry* registry) {
    gatehouse_verifier verifier{};
    verifier.struct_size = sizeof verifier;
    verifier.name = text("v");
    verifier.verify = verify;
    registry->verifier(registry->context, &verifier);
    gatehouse_route route{};
    route.struct_size = sizeof route;
    route.method = text("POST");
    route.verifier = text("v");
    route.handle = handle;
    registry->route(registry->context, &route);
    gatehouse_operation operation{};
    operation.struct_size = sizeof operation;
    operation.name = text("run");
    operation.begin = begin;
    return registry->operation(registry->context, &operation);
}

void close(void*) {
    throw 3;
}

} // namespace

extern "C" const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello*) {
    static const gatehouse_plugin plugin{sizeof(gatehouse_plugin),
                                         0,
                                         0,
                                         0,
                                         text("throws"),
                                         text("1.0.0"),
                                         text("throws everywhere"),
                                         text(R"({"type":"object","properties":{"at":{"type":"string"}}})"),
                                         open,
                                         enroll,
                                         close,
                                         nullptr,
                                         0};
    return &plugin;
}
