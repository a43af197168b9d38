// What a worker's plugin enrolled, enrolled again in the server, where the rules of enrolling are kept.
#include "core/plugin/worker_source.hpp"

namespace gh::plugin {

namespace {
constexpr size_t k_most_entries = 1000; // of one kind; the border's own limit is lower
}

gatehouse_status Remote::enroll(const gatehouse_registry& registry) {
    if (!enroll_fault_.empty()) {
        Frame::set_fail_text(enroll_fault_);
        return GATEHOUSE_FAILED;
    }
    wire::Reader in(enrolled_);
    const auto entry = [&](size_t index) { return &entries_.emplace_back(Entry{this, static_cast<uint32_t>(index)}); };
    for (size_t i = 0, n = in.count(k_most_entries, 4); i < n; ++i) {
        const gatehouse_verifier verifier{sizeof verifier, 0, text(in.text()), verify, entry(i)};
        registry.verifier(registry.context, &verifier);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 20); i < n; ++i) {
        gatehouse_route route{};
        route.struct_size = sizeof route;
        for (auto* part : {&route.method, &route.path, &route.verifier}) *part = text(in.text());
        route.max_body = in.u64();
        route.handle = handle;
        route.user = entry(i);
        registry.route(registry.context, &route);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 4); i < n; ++i) {
        const gatehouse_fetch_back fetch{sizeof fetch, 0, text(in.text()), fetch_back, entry(i)};
        registry.fetch_back(registry.context, &fetch);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 16); i < n; ++i) {
        gatehouse_operation one{};
        one.struct_size = sizeof one;
        for (auto* part : {&one.name, &one.summary, &one.arguments_schema, &one.kind}) *part = text(in.text());
        one.begin = operation;
        one.user = entry(i);
        registry.operation(registry.context, &one);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 16); i < n; ++i) {
        gatehouse_egress egress{};
        egress.struct_size = sizeof egress;
        egress.port = in.u32();
        for (auto* part : {&egress.setting, &egress.host, &egress.path_prefix}) *part = text(in.text());
        registry.egress(registry.context, &egress);
    }
    if (in.done()) return GATEHOUSE_OK;
    Frame::set_fail_text("the plugin's process told what it enrolled in a way that makes no sense");
    return GATEHOUSE_FAILED;
}

} // namespace gh::plugin
