// What the server asks of the operating system for itself.
#pragma once

#include "core/base/log.hpp"

#include <string_view>

namespace gh::app {

/// No core dumps and no tracing by others of the same user: both would show secrets. As many open files as the hard limit allows.
void harden_process(const Log&);

/// Blocks SIGTERM, SIGINT and SIGHUP for this thread and all it starts, and ignores SIGPIPE. Call before the first thread.
void block_signals();
/// Waits for one of the blocked signals and returns its number.
int wait_for_signal();

/// sd_notify(3) without its library: "READY=1", "RELOADING=1", "STOPPING=1". Does nothing when not started by systemd.
void notify_supervisor(std::string_view state);

} // namespace gh::app
