// libFuzzer target on what a worker process answers: fuzz_worker_reply
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "worker_reply_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (const auto fault = fuzz::find_reply_fault({reinterpret_cast<const char*>(data), size})) {
        std::fprintf(stderr, "%s\n", fault->c_str());
        std::abort();
    }
    return 0;
}
