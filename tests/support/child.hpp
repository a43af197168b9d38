// Child processes of a test: started with arguments and environment, output in files, ended with the test.
#pragma once

#include <sys/wait.h>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <signal.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tests/support/slowness.hpp"

extern char** environ;

namespace gh::test {

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

/// Polls until the condition holds or the time is over: the limit, times k_slowness.
inline bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit * k_slowness;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

class Child {
public:
    using Environment = std::map<std::string, std::string>;

    /// stdout and stderr are appended to the files; empty = discarded.
    Child(const std::vector<std::string>& command, const Environment& more, const std::filesystem::path& out,
          const std::filesystem::path& err) {
        std::vector<std::string> variables;
        for (char** v = environ; *v; ++v) variables.emplace_back(*v);
        for (const auto& [name, value] : more) variables.push_back(name + "=" + value);
        std::vector<char*> argv, envp;
        for (const auto& part : command) argv.push_back(const_cast<char*>(part.c_str()));
        for (const auto& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
        argv.push_back(nullptr);
        envp.push_back(nullptr);

        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        const auto redirect = [&](int fd, const std::filesystem::path& file) {
            const std::string name = file.empty() ? "/dev/null" : file.string();
            posix_spawn_file_actions_addopen(&actions, fd, name.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        };
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        redirect(STDOUT_FILENO, out);
        redirect(STDERR_FILENO, err);
        const int fault = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
        posix_spawn_file_actions_destroy(&actions);
        if (fault != 0) throw std::runtime_error("cannot start " + command.at(0));
    }
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Child(const Child&) = delete;
    ~Child() {
        if (pid_ > 0) kill(SIGKILL);
    }

    pid_t pid() const { return pid_; }
    bool running() {
        if (pid_ <= 0) return false;
        if (::waitpid(pid_, &status_, WNOHANG) == 0) return true;
        pid_ = -1; // the number may belong to another process from now on
        return false;
    }
    void signal(int number) const {
        if (pid_ > 0) ::kill(pid_, number);
    }
    /// Sends the signal and waits for the end; the exit code, or 128 + the signal that ended it.
    int kill(int number) {
        signal(number);
        return wait();
    }
    int wait() {
        if (pid_ > 0) ::waitpid(pid_, &status_, 0);
        pid_ = -1;
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    }

private:
    pid_t pid_ = -1;
    int status_ = 0;
};

} // namespace gh::test
