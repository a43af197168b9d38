// The command line called in this process, with streams in place of a terminal.
#pragma once

#include "core/cli/cli.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace gh::test {

struct Called {
    int code = -1;
    std::string out, err;
};

struct Caller {
    std::map<std::string, std::string> environment;
    std::string in;
    bool colour = false;
    int served = 0;

    Called operator()(std::vector<std::string> arguments) {
        std::istringstream input(in);
        std::ostringstream out, err;
        cli::Terminal terminal{input, out, err, colour, false, [this](const std::string& name) -> std::optional<std::string> {
                                   const auto at = environment.find(name);
                                   return at == environment.end() ? std::nullopt : std::optional(at->second);
                               }};
        Called called;
        called.code = cli::run(
            arguments,
            [this](const std::filesystem::path&) {
                ++served;
                return 0;
            },
            terminal);
        called.out = out.str();
        called.err = err.str();
        return called;
    }
};

} // namespace gh::test
