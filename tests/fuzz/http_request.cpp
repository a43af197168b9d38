// libFuzzer target on the request reader: fuzz_http_request corpus/http_request
#include <cstdio>
#include <cstdlib>

#include "http_reader_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto fault = fuzz::find_fault(bytes)) {
        std::fprintf(stderr, "%s\n", fault->c_str());
        std::abort();
    }
    return 0;
}
