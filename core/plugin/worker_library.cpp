#include "core/plugin/worker_library.hpp"

namespace gh::plugin {

namespace {

constexpr size_t k_most_samples = 1000;
constexpr size_t k_least_sample = 25;

// What the descriptor must have; nobody calls them.
gatehouse_status no_open(const gatehouse_host*, const gatehouse_settings*, void**) {
    return GATEHOUSE_UNSUPPORTED;
}
gatehouse_status no_enroll(void*, const gatehouse_registry*) {
    return GATEHOUSE_UNSUPPORTED;
}
void no_close(void*) {}

} // namespace

bool WorkerLibrary::Told::read() {
    wire::Reader in(message);
    in.u8();
    plugin.struct_size = sizeof plugin;
    plugin.abi_minor_built = in.u32();
    plugin.abi_minor_needed = in.u32();
    for (auto* part : {&plugin.name, &plugin.version, &plugin.summary, &plugin.settings_schema}) *part = text(in.text());
    samples.resize(in.count(k_most_samples, k_least_sample));
    for (auto& sample : samples) {
        sample.struct_size = sizeof sample;
        sample.expect = in.u8();
        sample.name = text(in.text());
        sample.settings = text(in.text());
        sample.request = text(in.text());
        sample.code = text(in.text());
        sample.at = in.i64();
        pointers.push_back(&sample);
    }
    plugin.samples = pointers.data();
    plugin.sample_count = pointers.size();
    plugin.open_source = no_open;
    plugin.enroll = no_enroll;
    plugin.close_source = no_close;
    return in.done();
}

std::variant<std::shared_ptr<const Library>, Refused> WorkerLibrary::load(WorkerCode code, const CrashMark& mark) {
    auto told = std::make_unique<Told>();
    auto process = start_loaded(code, code.plugin, told->message);
    if (!process) {
        const auto& why = process.error().message;
        const auto end = why.find('\n');
        return Refused{why.substr(0, end), why.substr(end + 1)};
    }
    if (!told->read()) return Refused{"crashes", "the worker process that loads it describes it in a way that makes no sense"};
    auto descriptor = read_descriptor(told->plugin);
    if (auto* refused = std::get_if<Refused>(&descriptor)) return std::move(*refused);
    code.plugin = std::get<Descriptor>(descriptor).name;
    return std::shared_ptr<const Library>(
        new WorkerLibrary(std::move(code), std::move(told), std::get<Descriptor>(std::move(descriptor)), mark));
}

WorkerLibrary::WorkerLibrary(WorkerCode code, std::unique_ptr<Told> told, Descriptor descriptor, const CrashMark& mark)
    : Library(std::move(descriptor), mark), code_(std::move(code)), told_(std::move(told)) {}

gatehouse_status WorkerLibrary::open_source(const Services& services, const gatehouse_settings& settings, void** source) const {
    auto remote = std::make_unique<Remote>(code_, mark(), services, settings);
    const auto status = remote->open();
    if (status == GATEHOUSE_OK) *source = remote.release();
    return status;
}

gatehouse_status WorkerLibrary::enroll(void* source, const gatehouse_registry& registry) const {
    return static_cast<Remote*>(source)->enroll(registry);
}

void WorkerLibrary::close_source(void* source) const {
    delete static_cast<Remote*>(source);
}

} // namespace gh::plugin
