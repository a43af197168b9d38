// A folder in which somebody works with the installed product: what is installed, and commands run there.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/child.hpp"

namespace gh::test {

namespace fs = std::filesystem;

/// Whoever includes this defines BINARY_DIR, the build folder.
struct Afternoon {
    Afternoon() {
        // In the build tree: a temporary directory may be mounted noexec, and then nothing loads from it.
        std::string name = (fs::path(BINARY_DIR) / "sdk-new-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        dir = name;
        usr = dir / "usr";
    }
    ~Afternoon() {
        std::error_code ignored;
        fs::remove_all(dir, ignored);
    }
    std::string run(std::vector<std::string> command, int expected = 0) {
        const auto out = dir / "output";
        fs::remove(out);
        command.insert(command.begin(), {"/usr/bin/env", "-C", dir.string()});
        Child child(command, {}, out, out);
        const int code = child.wait();
        BOOST_REQUIRE_MESSAGE(code == expected, command[3] << " ended with " << code << ":\n" << read_file(out));
        return read_file(out);
    }
    std::string gatehouse(std::vector<std::string> arguments, int expected = 0) {
        arguments.insert(arguments.begin(), (usr / "bin/gatehouse").string());
        return run(arguments, expected);
    }
    fs::path dir, usr;
};

} // namespace gh::test
