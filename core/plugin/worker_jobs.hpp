// Jobs of a plugin in a worker process.
#pragma once

#include "core/plugin/worker_source.hpp"

#include <string>

namespace gh::plugin {

/// A job that the server has and whose real one is over there, or is begun there with its first step: what begins it only copies, so nobody
/// waits for the plugin where jobs are begun.
class RemoteJob {
public:
    static gatehouse_job begun(Remote&, uint64_t process, uint64_t id);
    static gatehouse_job to_begin(Remote&, std::string how);

private:
    RemoteJob(Remote& remote, uint64_t process, uint64_t id, std::string how)
        : remote_(remote), process_(process), id_(id), how_(std::move(how)) {}
    static gatehouse_status step(void* state, const gatehouse_job_input*, const gatehouse_turn*);
    static void drop(void* state);
    gatehouse_status step(const gatehouse_job_input&, const gatehouse_turn&);

    Remote& remote_;
    uint64_t process_, id_; ///< id 0: not begun, or ended over there
    std::string how_;
};

/// Remote::drop() as soon as the source's own thread gets to it.
void drop_later(Remote&, uint64_t process, uint64_t id);

} // namespace gh::plugin
