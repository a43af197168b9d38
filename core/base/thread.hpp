// Every thread has a name and an owner that joins it.
#pragma once

#include <string>
#include <thread>

namespace gh {

/// A std::thread that carries a name (15 characters, seen in ps and gdb) and joins when it ends.
class NamedThread {
public:
    NamedThread() = default;
    template <class F>
    NamedThread(std::string name, F f) : thread_([name = std::move(name), f = std::move(f)]() mutable { name_self(name); f(); }) {}
    NamedThread(NamedThread&&) = default;
    NamedThread& operator=(NamedThread&& other) {
        join();
        thread_ = std::move(other.thread_);
        return *this;
    }
    ~NamedThread() { join(); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

private:
    static void name_self(const std::string&);
    std::thread thread_;
};

} // namespace gh
