// The wall clock of child processes, moved by a test: clock_shim.c is preloaded into them.
#pragma once

#include <sys/mman.h>

#include <chrono>
#include <stdexcept>

#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"

namespace gh::test {

class ClockShift {
public:
    ClockShift() {
        const int64_t none = 0;
        write_file(file_, std::string(reinterpret_cast<const char*>(&none), sizeof none));
        const int fd = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
        void* at = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd >= 0) ::close(fd);
        if (at == MAP_FAILED) throw std::runtime_error("cannot map " + file_.string());
        ms_ = static_cast<volatile int64_t*>(at);
    }
    ~ClockShift() { ::munmap(const_cast<int64_t*>(ms_), sizeof *ms_); }
    ClockShift(const ClockShift&) = delete;

    /// For Child and Gateway.
    Child::Environment environment() const { return {{"LD_PRELOAD", CLOCK_SHIM}, {"CLOCK_SHIFT", file_.string()}}; }

    std::chrono::milliseconds ahead() const { return std::chrono::milliseconds(*ms_); }
    void advance(std::chrono::milliseconds by) { *ms_ = *ms_ + by.count(); }
    /// What the processes hold for now.
    std::chrono::system_clock::time_point now() const { return std::chrono::system_clock::now() + ahead(); }

private:
    TempDir dir_;
    std::filesystem::path file_ = dir_ / "shift";
    volatile int64_t* ms_ = nullptr;
};

} // namespace gh::test
