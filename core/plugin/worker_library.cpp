#include "core/plugin/worker_library.hpp"

namespace gh::plugin {

std::variant<std::shared_ptr<const Library>, Refused> WorkerLibrary::load(WorkerCode code, const CrashMark& mark) {
    auto told = std::make_unique<Told>();
    auto process = start_loaded(code, code.plugin, told->message);
    if (!process) {
        const auto& why = process.error().message;
        const auto end = why.find('\n');
        return Refused{why.substr(0, end), why.substr(end + 1)};
    }
    if (!told->plugin.read(std::string_view(told->message).substr(1)))
        return Refused{"crashes", "the worker process that loads it describes it in a way that makes no sense"};
    auto descriptor = read_descriptor(told->plugin.plugin);
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
