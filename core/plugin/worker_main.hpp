// What runs inside a worker process: the plugin, its one source, and the other end of worker_wire.hpp. Started by WorkerProcess through the
// internal verb "plugin-worker"; of no use to people.
#pragma once

namespace gh::plugin {

/// The verb: gatehouse plugin-worker PARENT LANES SHOWN, with descriptor 3 = the plugin's file, 4… = the lanes. Never returns to other code
/// of the program.
int worker_main(int argc, char** argv);

} // namespace gh::plugin
