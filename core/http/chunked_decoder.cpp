#include "core/http/chunked_decoder.hpp"

#include "core/http/head_check.hpp"

#include <algorithm>

namespace gh::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

ChunkedDecoder::Progress ChunkedDecoder::consume(std::string_view bytes, std::string& body) {
    size_t at = 0;
    while (at < bytes.size()) {
        if (state_ == State::data) {
            const auto n = static_cast<size_t>(std::min<uint64_t>(size_, bytes.size() - at));
            body.append(bytes.substr(at, n));
            at += n;
            size_ -= n;
            if (size_ == 0) state_ = State::data_cr;
            continue;
        }
        if (const auto* refusal = take(bytes[at])) return {Step::refused, at, refusal};
        ++at;
        if (complete_) return {Step::complete, at};
    }
    return {Step::more, at};
}

const Refusal* ChunkedDecoder::take_size_digit(char c, bool first) {
    const int digit = hex_digit(c);
    if (digit < 0) {
        if (first) return &refusals::k_chunk;
        if (c == '\r')
            state_ = State::size_lf;
        else if (c == ';')
            state_ = State::extension;
        else if (c == ' ' || c == '\t')
            state_ = State::blank;
        else
            return &refusals::k_chunk;
        return nullptr;
    }
    if (size_ >> 60) return &refusals::k_chunk;
    size_ = size_ * 16 + static_cast<uint64_t>(digit);
    // Leading zeros never end; count them as an extension.
    if (size_ == 0 && ++extension_ > k_extension_bytes) return &refusals::k_chunk_extension;
    state_ = State::size;
    return nullptr;
}

const Refusal* ChunkedDecoder::take(char c) {
    const auto count_extension = [&]() -> const Refusal* {
        return ++extension_ > k_extension_bytes || ++extensions_ > k_extension_bytes_total ? &refusals::k_chunk_extension : nullptr;
    };
    switch (state_) {
        case State::size_first:
            return take_size_digit(c, true);
        case State::size:
            return take_size_digit(c, false);
        case State::blank:
            // Blanks are allowed before an extension, not before the end of the line.
            if (c == ';')
                state_ = State::extension;
            else if (c != ' ' && c != '\t')
                return &refusals::k_chunk;
            return count_extension();
        case State::extension:
            if (c == '\r') {
                state_ = State::size_lf;
                return nullptr;
            }
            if ((static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f) return &refusals::k_chunk;
            return count_extension();
        case State::size_lf:
            if (c != '\n') return &refusals::k_chunk;
            extension_ = 0;
            if (size_ == 0) {
                state_ = State::trailer;
                return nullptr;
            }
            // Refused before a byte of the chunk is kept: never a body cut at the limit.
            if (size_ > max_body_ - total_) return &refusals::k_too_large;
            total_ += size_;
            state_ = State::data;
            return nullptr;
        case State::data:
            return nullptr;
        case State::data_cr:
            if (c != '\r') return &refusals::k_chunk;
            state_ = State::data_lf;
            return nullptr;
        case State::data_lf:
            if (c != '\n') return &refusals::k_chunk;
            state_ = State::size_first;
            return nullptr;
        case State::trailer:
            if (++trailer_bytes_ > k_trailer_bytes) return &refusals::k_trailer_long;
            if (c == '\r')
                state_ = State::trailer_lf;
            else if (c == '\n')
                return &refusals::k_trailer;
            else
                line_ += c;
            return nullptr;
        case State::trailer_lf:
            if (c != '\n') return &refusals::k_trailer;
            return end_trailer_line();
    }
    return &refusals::k_chunk;
}

const Refusal* ChunkedDecoder::end_trailer_line() {
    if (line_.empty()) {
        complete_ = true;
        return nullptr;
    }
    if (++trailer_fields_ > k_trailer_fields) return &refusals::k_trailer_long;
    if (check_field_line(line_)) return &refusals::k_trailer;
    line_.clear();
    state_ = State::trailer;
    return nullptr;
}

} // namespace gh::http
