// A real `gatehouse serve` process with a config of the test's, on ports of its own choice.
#pragma once

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"

namespace gh::test {

class Gateway {
public:
    /// `config`: YAML; addresses should say port 0. Paths in it are relative to dir().
    explicit Gateway(std::string config, Child::Environment environment = {}) : environment_(std::move(environment)) {
        write_file(dir_ / "gatehouse.yaml", config);
    }

    /// Ends the process at once; an instrumented one in order, for it reports leaks only then, and whatever it had to report is said.
    ~Gateway() {
        if (k_slowness == 1) return;
        if (child_ && child_->running()) {
            child_->signal(SIGTERM);
            if (!eventually([&] { return !child_->running(); })) std::cerr << "the server did not end after SIGTERM\n";
        }
        const std::string all = log();
        if (const size_t at = all.find("Sanitizer"); at != std::string::npos) std::cerr << all.substr(all.rfind('\n', at) + 1) << '\n';
    }
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    const std::filesystem::path& dir() const { return dir_.path(); }
    std::filesystem::path log_file() const { return dir_ / "log"; }
    std::string log() const { return read_file(log_file()); }
    uint16_t port() const { return port_; }
    uint16_t admin_port() const { return admin_port_; }
    Child& child() { return *child_; }

    /// Starts the process and waits until it serves. False when it ended before; see log().
    bool start() {
        const size_t before = log().size();
        child_ =
            std::make_unique<Child>(std::vector<std::string>{GATEHOUSE_BINARY, "--config", (dir_ / "gatehouse.yaml").string(), "serve"},
                                    environment_, log_file(), log_file());
        std::string line;
        const bool up = eventually([&] {
            line = line_with(before, "\"message\":\"serving\"");
            return !line.empty() || !child_->running();
        });
        if (!up || line.empty()) return false;
        port_ = static_cast<uint16_t>(number_after(line, "\"ports\":\""));
        admin_port_ = static_cast<uint16_t>(number_after(line, "\"admin_port\":"));
        return true;
    }

    struct Output {
        int code = 0;
        std::string text; ///< of stdout and stderr
    };
    /// Runs a verb of the program against this server, as its operator does.
    Output operate(std::vector<std::string> arguments) const {
        const auto out = dir_ / "verb.out";
        std::filesystem::remove(out);
        arguments.insert(arguments.begin(), {GATEHOUSE_BINARY, "--config", (dir_ / "gatehouse.yaml").string(), "--admin",
                                             "http://127.0.0.1:" + std::to_string(admin_port_)});
        const int code = Child(arguments, environment_, out, out).wait();
        return {code, read_file(out)};
    }

    int stop(int signal = SIGTERM) { return child_->kill(signal); }

    /// The first log line after `from` that contains the text; empty if there is none.
    std::string line_with(size_t from, const std::string& text) const {
        const std::string all = log();
        const size_t at = all.find(text, std::min(from, all.size()));
        if (at == std::string::npos) return {};
        const size_t begin = all.rfind('\n', at) + 1;
        const size_t end = all.find('\n', at);
        return end == std::string::npos ? std::string() : all.substr(begin, end - begin);
    }

private:
    static unsigned long number_after(const std::string& line, const std::string& text) {
        const size_t at = line.find(text);
        return at == std::string::npos ? 0 : std::stoul(line.substr(at + text.size()));
    }

    TempDir dir_;
    Child::Environment environment_;
    std::unique_ptr<Child> child_;
    uint16_t port_ = 0, admin_port_ = 0;
};

} // namespace gh::test
