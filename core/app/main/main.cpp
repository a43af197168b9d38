#include "core/app/server.hpp"
#include "core/cli/cli.hpp"
#include "core/plugin/worker_main.hpp"

#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "plugin-worker") return gh::plugin::worker_main(argc, argv);
    return gh::cli::run(argc, argv, gh::app::serve, std::cout, std::cerr);
}
