#include "core/http/head_check.hpp"

#include "core/base/encoding.hpp"

#include <array>
#include <cstring>

namespace gh::http {

namespace {

constexpr auto k_token = [] {
    std::array<bool, 256> t{};
    for (int c = '0'; c <= '9'; ++c) t[static_cast<size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) t[static_cast<size_t>(c)] = t[static_cast<size_t>(c - 'a' + 'A')] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) t[static_cast<uint8_t>(c)] = true;
    return t;
}();

// reg-name, IP literal and port of RFC 3986 section 3.2.
constexpr auto k_host_byte = [] {
    std::array<bool, 256> t{};
    for (int c = '0'; c <= '9'; ++c) t[static_cast<size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) t[static_cast<size_t>(c)] = t[static_cast<size_t>(c - 'a' + 'A')] = true;
    for (const char c : std::string_view("-._~%!$&'()*+,;=:[]")) t[static_cast<uint8_t>(c)] = true;
    return t;
}();

bool all_of(std::string_view text, const std::array<bool, 256>& allowed) {
    for (const char c : text)
        if (!allowed[static_cast<uint8_t>(c)]) return false;
    return true;
}

bool has_control(std::string_view text) {
    for (const char c : text) {
        const auto b = static_cast<uint8_t>(c);
        if ((b < 0x20 && b != '\t') || b == 0x7f) return true;
    }
    return false;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

} // namespace

bool is_token(std::string_view text) {
    return !text.empty() && all_of(text, k_token);
}

const Refusal* check_field_line(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return &refusals::k_obs_fold;
    if (has_control(line)) return &refusals::k_control;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return &refusals::k_field_name;
    return nullptr;
}

HeadCheck::Verdict HeadCheck::refuse(const Refusal& refusal) {
    refusal_ = &refusal;
    return Verdict::refused;
}

HeadCheck::Verdict HeadCheck::scan(std::string_view bytes) {
    base_ = bytes.data();
    for (;;) {
        const void* found = searched_ < bytes.size() ? std::memchr(base_ + searched_, '\n', bytes.size() - searched_) : nullptr;
        if (!found) {
            searched_ = bytes.size();
            if (bytes.size() > limits_->head_bytes) return refuse(has_line_ ? refusals::k_head_long : refusals::k_target_long);
            return Verdict::more;
        }
        const auto end = static_cast<size_t>(static_cast<const char*>(found) - base_);
        if (end + 1 > limits_->head_bytes) return refuse(has_line_ ? refusals::k_head_long : refusals::k_target_long);
        if (end == position_ || base_[end - 1] != '\r') return refuse(refusals::k_bare_lf);
        const std::string_view line(base_ + position_, end - 1 - position_);
        position_ = searched_ = end + 1;
        if (line.empty()) {
            if (has_line_) {
                if (const auto* refusal = finish()) return refuse(*refusal);
                return Verdict::complete;
            }
            // RFC 9112 section 2.2: one empty line before the request line is forgiven.
            if (begin_ > 0) return refuse(refusals::k_request_line);
            begin_ = position_;
            continue;
        }
        if (const auto* refusal = take_line(line)) return refuse(*refusal);
    }
}

const Refusal* HeadCheck::take_line(std::string_view line) {
    if (has_line_) return take_field(line);
    has_line_ = true;
    return take_request_line(line);
}

const Refusal* HeadCheck::take_request_line(std::string_view line) {
    if (has_control(line)) return &refusals::k_control;
    const auto space = line.find(' ');
    const auto method = line.substr(0, space);
    if (space == std::string_view::npos || !is_token(method)) return &refusals::k_request_line;
    if (method.size() > k_method_bytes) return &refusals::k_method_long;
    const auto rest = line.substr(space + 1);
    const auto second = rest.find(' ');
    const auto target = rest.substr(0, second);
    if (target.empty()) return &refusals::k_request_line;
    if (target.size() > limits_->target_bytes) return &refusals::k_target_long;
    // "GET /" alone is HTTP/0.9.
    if (second == std::string_view::npos) return target.front() == '/' ? &refusals::k_version : &refusals::k_request_line;
    const auto version = rest.substr(second + 1);
    if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
        return &refusals::k_request_line;
    if (version[5] != '1' || version[7] > '1') return &refusals::k_version;
    http_1_0_ = version[7] == '0';
    if (method == "TRACE" || method == "CONNECT") return &refusals::k_method;
    options_ = method == "OPTIONS";
    for (const char c : target)
        if (c <= 0x20 || static_cast<uint8_t>(c) >= 0x7f || c == '#') return &refusals::k_target;
    target_ = static_cast<size_t>(target.data() - base_);
    target_size_ = target.size();
    return nullptr;
}

const Refusal* HeadCheck::take_field(std::string_view line) {
    if (const auto* refusal = check_field_line(line)) return refusal;
    if (++fields_ > limits_->fields) return &refusals::k_fields;
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    switch (name.size()) {
        case 4:
            if (!equals_ignoring_case(name, "Host")) break;
            if (has_host_ || value.empty() || !all_of(value, k_host_byte)) return &refusals::k_host;
            has_host_ = true;
            host_ = static_cast<size_t>(value.data() - base_);
            host_size_ = value.size();
            break;
        case 6:
            if (!equals_ignoring_case(name, "Expect")) break;
            if (equals_ignoring_case(value, "100-continue"))
                expects_continue_ = true;
            else
                expects_other_ = true;
            break;
        case 14:
            if (equals_ignoring_case(name, "Content-Length")) return take_length(value);
            break;
        case 17:
            if (equals_ignoring_case(name, "Transfer-Encoding")) return take_coding(value);
            break;
        default:
            break;
    }
    return nullptr;
}

const Refusal* HeadCheck::take_length(std::string_view value) {
    if (has_coding_) return &refusals::k_length_and_coding;
    if (length_ || value.empty()) return &refusals::k_length;
    uint64_t length = 0;
    bool too_large = false;
    for (const char c : value) {
        if (!is_digit(c)) return &refusals::k_length;
        if (length > UINT64_MAX / 100)
            too_large = true;
        else
            length = length * 10 + static_cast<uint64_t>(c - '0');
    }
    if (too_large) return &refusals::k_too_large;
    length_ = length;
    return nullptr;
}

const Refusal* HeadCheck::take_coding(std::string_view value) {
    if (length_) return &refusals::k_length_and_coding;
    // A second line makes a list, and "chunked, chunked" is no valid one; anything else is a coding that this server does not have.
    chunked_ = !has_coding_ && equals_ignoring_case(value, "chunked");
    has_coding_ = true;
    return nullptr;
}

const Refusal* HeadCheck::finish() {
    if (has_coding_ && http_1_0_) return &refusals::k_coding_1_0;
    if (has_coding_ && !chunked_) return &refusals::k_coding;
    if (!has_host_ && !http_1_0_) return &refusals::k_no_host;
    const std::string_view target(base_ + target_, target_size_);
    if (target.front() != '/' && !(target == "*" && options_)) {
        const auto scheme = target.find("://");
        if (scheme == std::string_view::npos) return &refusals::k_target;
        const auto name = target.substr(0, scheme);
        if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https")) return &refusals::k_target;
        const auto rest = target.substr(scheme + 3);
        const auto authority = rest.substr(0, rest.find_first_of("/?"));
        if (authority.empty()) return &refusals::k_target;
        if (has_host_ && !equals_ignoring_case(authority, std::string_view(base_ + host_, host_size_))) return &refusals::k_host;
    }
    if (expects_other_ && !http_1_0_) return &refusals::k_expectation;
    if (http_1_0_) expects_continue_ = false;
    return nullptr;
}

} // namespace gh::http
