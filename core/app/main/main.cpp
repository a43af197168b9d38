#include "core/app/server.hpp"
#include "core/cli/cli.hpp"

#include <iostream>

int main(int argc, char** argv) {
    return gh::cli::run(argc, argv, gh::app::serve, std::cout, std::cerr);
}
