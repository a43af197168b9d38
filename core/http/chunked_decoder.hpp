// Removes the chunked transfer coding (RFC 9112 section 7.1) byte by byte as it arrives. Strict: CR LF only, extensions and trailers
// bounded and thrown away. Pure; state of fixed size.
#pragma once

#include "core/http/refusal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gh::http {

class ChunkedDecoder {
public:
    static constexpr size_t k_extension_bytes = 256;        ///< of one chunk, with its size line's blanks
    static constexpr size_t k_extension_bytes_total = 8192; ///< stops bodies made of extensions
    static constexpr size_t k_trailer_bytes = 8192;
    static constexpr size_t k_trailer_fields = 32;

    void begin(size_t max_body) {
        *this = ChunkedDecoder();
        max_body_ = max_body;
    }

    enum class Step { more, complete, refused };
    struct Progress {
        Step step;
        size_t consumed;
        const Refusal* refusal = nullptr;
    };
    /// Appends the decoded bytes to `body`. Consumes all of `bytes` unless complete or refused.
    Progress consume(std::string_view bytes, std::string& body);

private:
    enum class State { size_first, size, blank, extension, size_lf, data, data_cr, data_lf, trailer, trailer_lf };

    const Refusal* take(char);
    const Refusal* take_size_digit(char, bool first);
    const Refusal* end_trailer_line();

    State state_ = State::size_first;
    bool complete_ = false;
    uint64_t size_ = 0;  ///< of this chunk, then what is left of it
    uint64_t total_ = 0; ///< of all chunks announced so far
    size_t max_body_ = 0;
    size_t extension_ = 0, extensions_ = 0;
    size_t trailer_bytes_ = 0, trailer_fields_ = 0;
    std::string line_; ///< trailer line under way
};

} // namespace gh::http
