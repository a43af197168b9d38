// The command line: `gatehouse VERB …`. Exit codes: 0 done · 1 the thing asked about is not so (refused, not found, failed) · 2 usage or
// configuration error · 3 the server cannot be reached.
#pragma once

#include "core/config/config.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace gh::cli {

/// Runs the server until it ends; its exit code. Given by the app module, so that this module needs none of the server's.
using ServeFunction = std::function<int(const std::filesystem::path& config)>;

/// Where a command reads and writes.
struct Terminal {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool colour = false;   ///< out is a terminal and NO_COLOR is not set
    bool progress = false; ///< err is a terminal
    config::Environment environment;
};

/// `arguments` without the program's name.
int run(const std::vector<std::string>& arguments, const ServeFunction&, Terminal&);

/// The process's own: argv, environment, stdin; colours when `out` is std::cout on a terminal.
int run(int argc, char** argv, ServeFunction serve, std::ostream& out, std::ostream& err);

/// All verbs ("events show", "retry", …), for the manual page's test.
std::vector<std::string> verbs();

} // namespace gh::cli
