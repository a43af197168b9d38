// A plugin whose code never runs in this process: what a worker told of it, checked as a descriptor of this process would be.
#pragma once

#include "core/plugin/library.hpp"
#include "core/plugin/worker_replies.hpp"
#include "core/plugin/worker_source.hpp"

#include <memory>
#include <string>
#include <variant>

namespace gh::plugin {

class WorkerLibrary final : public Library {
public:
    /// Has a worker process load the file and describe it; the process ends with that. Codes: those of Library::load and read_descriptor,
    /// crashes, and worker_failed when no process could be started.
    static std::variant<std::shared_ptr<const Library>, Refused> load(WorkerCode, const CrashMark&);

    gatehouse_status open_source(const Services&, const gatehouse_settings&, void** source) const override;
    gatehouse_status enroll(void* source, const gatehouse_registry&) const override;
    void close_source(void* source) const override;
    Remote* remote(void* source) const override { return static_cast<Remote*>(source); }
    bool isolated() const override { return true; }

private:
    struct Told {
        std::string message; ///< the texts of `plugin` lie in it
        ToldPlugin plugin;
    };
    WorkerLibrary(WorkerCode, std::unique_ptr<Told>, Descriptor, const CrashMark&);

    const WorkerCode code_;
    const std::unique_ptr<Told> told_;
};

} // namespace gh::plugin
