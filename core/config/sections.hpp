// The parts of the configuration, each read from its mapping. What the checks across parts need beside the values is in Lines.
#pragma once

#include "core/config/reader.hpp"

#include <string>
#include <vector>

namespace gh::config {

/// Where things stand that have no position of their own. An override's `file` is the variable's name.
struct Lines {
    std::vector<Position> listen; ///< one per listener
    Position admin;
};

void read_server(Context&, const Node&, int line, Server&, Lines&);
void read_store(Context&, const Node&, int line, Store&);
void read_plugins(Context&, const Node&, int line, Plugins&);
void read_sources(Context&, const Node&, int line, std::vector<std::shared_ptr<const Source>>&);
void read_destinations(Context&, const Node&, int line, std::vector<std::shared_ptr<const Destination>>&);
void read_routes(Context&, const Node&, int line, std::vector<Route>&);

/// GATEHOUSE_LISTEN (addresses joined by commas), GATEHOUSE_ADMIN, GATEHOUSE_ADMIN_TOKEN, GATEHOUSE_STORE, GATEHOUSE_PLUGINS; an empty one
/// counts as not set. Paths are relative to the working directory.
void apply_overrides(const Environment&, Config&, Lines&, Faults&);

/// What must hold between the parts. `names`: all sources and destinations of the file, also those that were not good.
struct Names {
    std::vector<std::string> sources, destinations;
};
void check(const Config&, const Lines&, const Names&, Faults&);

/// Sources and destinations: [a-z0-9][a-z0-9-_]{0,62}.
bool is_name(std::string_view);

} // namespace gh::config
