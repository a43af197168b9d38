// Any bytes as a configuration file: never a crash, never an empty reason, never a secret in the reason.
#include "core/config/config.hpp"

#include <cstdint>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

/// One file in memory-backed storage, rewritten for each input.
struct Scratch {
    std::string path = "/dev/shm/gatehouse-fuzz-XXXXXX";
    int fd;
    Scratch() : fd(::mkstemp(path.data())) {
        if (fd < 0) ::abort();
    }
    ~Scratch() {
        ::close(fd);
        ::unlink(path.c_str());
    }
    void fill(const uint8_t* data, size_t size) const {
        if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) ::abort();
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Scratch file;
    file.fill(data, size);
    static const std::string secret = "whsec_UXVpdGVBU2VjcmV0VGhhdElzTG9uZ0Vub3VnaA==";
    const auto result =
        gh::config::load(file.path, [](const std::string& name) { return name == "S" ? std::optional(secret) : std::nullopt; });
    if (result.ok()) return 0;
    const std::string& message = result.error().message;
    // The fuzzer watches comparisons and learns the secret from this one: an input that holds it literally proves nothing.
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (message.empty() || (message.find(secret) != message.npos && input.find(secret) == input.npos)) __builtin_trap();
    return 0;
}
