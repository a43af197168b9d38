#include "core/cli/cli.hpp"

#include "core/base/version.hpp"
#include "core/cli/command.hpp"

#include <iostream>
#include <unistd.h>

namespace gh::cli {

int serve(Context& c) {
    return c.serve(c.config_file());
}

int run(const std::vector<std::string>& arguments, const ServeFunction& serve_function, Terminal& terminal) {
    Context c{nullptr, terminal, serve_function, {}, {}};
    try {
        parse(arguments, c);
        if (c.has("--version")) {
            terminal.out << "gatehouse " << k_version << '\n';
            return 0;
        }
        if (c.has("--help")) {
            terminal.out << (c.command ? help(*c.command) : help());
            return 0;
        }
        if (!c.command) {
            terminal.err << help();
            return 2;
        }
        return c.command->run(c);
    } catch (const Failure& f) {
        terminal.out.flush();
        terminal.err << "gatehouse: " << f.message << '\n';
        return f.code;
    } catch (const std::exception& e) {
        terminal.err << "gatehouse: " << e.what() << '\n';
        return 1;
    }
}

int run(int argc, char** argv, ServeFunction serve_function, std::ostream& out, std::ostream& err) {
    const auto environment = config::process_environment();
    const auto no_colour = environment("NO_COLOR");
    Terminal terminal{std::cin, out, err, false, false, environment};
    terminal.colour = &out == &std::cout && isatty(STDOUT_FILENO) && (!no_colour || no_colour->empty());
    terminal.progress = &err == &std::cerr && isatty(STDERR_FILENO);
    return run(std::vector<std::string>(argv + 1, argv + std::max(argc, 1)), serve_function, terminal);
}

} // namespace gh::cli
