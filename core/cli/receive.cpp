// The small receiving application of the demo.
#include "core/cli/command.hpp"
#include "core/sandbox/receiver.hpp"

#include <charconv>
#include <csignal>
#include <fstream>
#include <mutex>
#include <ostream>

namespace gh::cli {

namespace {

std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line) || line.empty()) usage("--secret-file " + file + ": cannot be read, or its first line is empty.");
    return line;
}

int number(const Context& c, std::string_view option, int otherwise, int most) {
    if (!c.has(option)) return otherwise;
    const std::string text = c.get(option);
    int n = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (fault != std::errc{} || end != text.data() + text.size() || n < 0 || n > most)
        usage(std::string(option) + " " + text + ": not a number from 0 to " + std::to_string(most) + ".");
    return n;
}

} // namespace

int sandbox_receive(Context& c) {
    if (!c.has("--secret-file")) usage("--secret-file is needed: a file with the destination's secret (whsec_…) in its first line.");
    std::mutex mutex;
    sandbox::ReceiverOptions options;
    options.listen.port = static_cast<uint16_t>(number(c, "--port", 3000, 65535));
    options.secrets.push_back(first_line(c.get("--secret-file")));
    options.fail_first = number(c, "--fail-first", 0, 1'000'000);
    options.line = [&](const std::string& line) {
        const std::lock_guard lock(mutex);
        c.terminal.out << line << std::endl;
    };

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Log log(Level::warning);
    Metrics metrics;
    sandbox::Receiver receiver(std::move(options), log, metrics);
    if (const auto started = receiver.start(); !started.ok()) throw Failure{1, started.error().message};
    {
        const std::lock_guard lock(mutex);
        c.terminal.out << "receiving at http://127.0.0.1:" << receiver.port() << "/events, counters at /counters" << std::endl;
    }
    int signal = 0;
    sigwait(&signals, &signal);
    receiver.stop();
    return 0;
}

} // namespace gh::cli
