// The strictness table of server.hpp for a request's head, line by line as it arrives (RFC 9112 sections 2 to 6). Pure: no socket, no copy
// of the head. It decides whether the head is acceptable and how the body is framed; splitting it into fields is the parser's work.
#pragma once

#include "core/http/refusal.hpp"
#include "core/http/server.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gh::http {

/// token of RFC 9110 section 5.6.2, not empty.
bool is_token(std::string_view);
/// One field line without its CR LF: name, colon, value without control bytes other than HTAB. Null when it is right.
const Refusal* check_field_line(std::string_view line);

class HeadCheck {
public:
    static constexpr size_t k_method_bytes = 32;

    explicit HeadCheck(const Limits& limits) : limits_(&limits) {}

    enum class Verdict { more, complete, refused };
    /// `bytes`: all that is not yet consumed, so it begins with what the last call had. Looks at each byte about once.
    Verdict scan(std::string_view bytes);

    // After complete:
    size_t begin() const { return begin_; }   ///< behind the one empty line allowed before the request line
    size_t size() const { return position_; } ///< including the empty line at the end
    size_t fields() const { return fields_; }
    bool http_1_0() const { return http_1_0_; }
    bool chunked() const { return chunked_; }
    std::optional<uint64_t> content_length() const { return length_; }
    bool expects_continue() const { return expects_continue_; }
    // After refused:
    const Refusal& refusal() const { return *refusal_; }

    void reset() { *this = HeadCheck(*limits_); }

private:
    const Refusal* take_line(std::string_view line);
    const Refusal* take_request_line(std::string_view line);
    const Refusal* take_field(std::string_view line);
    const Refusal* take_length(std::string_view value);
    const Refusal* take_coding(std::string_view value);
    const Refusal* finish();
    Verdict refuse(const Refusal&);

    const Limits* limits_;
    size_t begin_ = 0;
    size_t position_ = 0; ///< start of the first line not yet checked
    size_t searched_ = 0; ///< no LF between position_ and here
    size_t fields_ = 0;
    size_t target_ = 0, target_size_ = 0;
    size_t host_ = 0, host_size_ = 0;
    const char* base_ = nullptr; ///< of the scan under way
    std::optional<uint64_t> length_;
    const Refusal* refusal_ = nullptr;
    bool has_line_ = false;
    bool http_1_0_ = false;
    bool options_ = false;
    bool has_host_ = false;
    bool has_coding_ = false;
    bool chunked_ = false;
    bool expects_continue_ = false;
    bool expects_other_ = false;
};

} // namespace gh::http
