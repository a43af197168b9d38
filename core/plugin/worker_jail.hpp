// What a worker process may do, in three stages. Nothing of a plugin runs before the second.
//
//   enter()   own user and group (65534, "nobody") where it was started by root; no core dump, not traceable, no new privileges; ends with
//             the server; no file can be opened or written beyond what is open, no process or thread made, memory limited
//   lock()    the system call filter (seccomp): what is not on the list below is trapped. Only the pages of the plugin's own file may
//             become code, and the one open(2) that the dynamic loader does for it is answered with the descriptor that is open already;
//             other calls that look for files find nothing
//   seal()    from now on no new code at all: no mapping and no change of protection that makes memory executable
//
// Allowed: memory without execution, futex, clocks, randomness, reading and writing descriptors that are open, ending. Neither sockets, nor
// opening, nor signals to others, nor threads, nor processes, nor ptrace, nor sleeping. A trapped call ends the worker, and tells the
// server which one it was.
//
// The filter is written by hand: 40 lines of a plain list for the two processors, so libseccomp would bring a dependency and no safety.
// Every thread of the process must exist before lock().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace gh::plugin::jail {

/// Whether this machine can do it; the reason when not.
std::string unavailable();

/// Each gives the reason why it failed, else empty. `parent`: the server; `memory`: address space beyond what the process has.
std::string enter(pid_t parent);
std::string limit(uint64_t memory);
/// `file`: where the loader is told that the plugin is; `descriptor`: where it really is.
std::string lock(const std::string& file, int descriptor);
std::string seal();

/// Where this thread tells of a trapped call: a lane's socket.
void tell_on(int socket);

} // namespace gh::plugin::jail
