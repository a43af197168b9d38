// Every reason for which the server itself refuses a request: the status, the metric's label and what the client sent. One line each; each
// has a wire test. Loop thread, except for the constants.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/time.hpp"

#include <map>
#include <string>
#include <string_view>

namespace gh::http {

struct Refusal {
    int status;
    std::string_view reason; ///< label of gatehouse_http_refused_total
    std::string_view text;   ///< completes "client sent …"
};

namespace refusals {
// Request line (RFC 9112 section 3).
inline constexpr Refusal k_bare_lf{400, "bare_lf", "a line in the head that does not end in CR LF"};
inline constexpr Refusal k_control{400, "control_byte", "a NUL or control byte in the head"};
inline constexpr Refusal k_request_line{400, "request_line", "a malformed request line"};
inline constexpr Refusal k_target{400, "target", "a malformed request target"};
inline constexpr Refusal k_target_long{414, "target_too_long", "a request target over the limit"};
inline constexpr Refusal k_method_long{501, "method", "a method longer than any known one"};
inline constexpr Refusal k_method{405, "method", "TRACE or CONNECT"};
inline constexpr Refusal k_version{505, "version", "an HTTP version other than 1.0 and 1.1"};
// Field lines (RFC 9112 section 5).
inline constexpr Refusal k_obs_fold{400, "obs_fold", "a folded field line"};
inline constexpr Refusal k_field_name{400, "field_name", "a field line without a valid name right before its colon"};
inline constexpr Refusal k_fields{431, "fields", "more field lines than the limit"};
inline constexpr Refusal k_head_long{431, "head_too_long", "a head over the limit"};
inline constexpr Refusal k_no_host{400, "host", "no Host field"};
inline constexpr Refusal k_host{400, "host", "a Host field that is repeated, malformed or differs from the target"};
inline constexpr Refusal k_head{400, "head", "a malformed head"};
// Framing (RFC 9112 section 6, RFC 9110 section 8.6).
inline constexpr Refusal k_length{400, "content_length", "a Content-Length that is not one plain number"};
inline constexpr Refusal k_length_and_coding{400, "framing", "Content-Length together with Transfer-Encoding"};
inline constexpr Refusal k_coding_1_0{400, "framing", "Transfer-Encoding in HTTP/1.0"};
inline constexpr Refusal k_coding{501, "transfer_encoding", "a Transfer-Encoding other than chunked"};
inline constexpr Refusal k_expectation{417, "expectation", "an expectation other than 100-continue"};
inline constexpr Refusal k_too_large{413, "body_too_large", "a body over the limit"};
inline constexpr Refusal k_chunk{400, "chunk", "a malformed chunk"};
inline constexpr Refusal k_chunk_extension{400, "chunk_extension", "chunk extensions over the limit"};
inline constexpr Refusal k_trailer{400, "trailer", "a malformed trailer"};
inline constexpr Refusal k_trailer_long{431, "trailer_too_long", "trailers over the limit"};
inline constexpr Refusal k_truncated{400, "truncated", "a request cut short"};
// Time and room.
inline constexpr Refusal k_slow_head{408, "slow_head", "a head too slowly"};
inline constexpr Refusal k_slow_body{408, "slow_body", "a body too slowly"};
inline constexpr Refusal k_bodies_full{503, "bodies_full", "a body while all bodies under way are at the limit together"};
inline constexpr Refusal k_connections{503, "connections", "a connection while as many as allowed are open"};
inline constexpr Refusal k_address{503, "connections_per_address", "more connections than one address may have"};
// Not answered in HTTP: closed.
inline constexpr Refusal k_tls{0, "tls", "something that did not become a TLS session"};
inline constexpr Refusal k_slow_tls{0, "slow_tls", "a TLS handshake too slowly"};
inline constexpr Refusal k_slow_reader{0, "slow_reader", "nothing that shows it reads its answer"};
} // namespace refusals

/// Counts every refusal; logs at most k_lines_per_second of them, and says how many it left out.
class RefusalReport {
public:
    static constexpr int k_lines_per_second = 10;

    RefusalReport(std::string server, Log&, Metrics&);
    void add(const Refusal&, std::string_view remote, Steady::time_point now, std::string_view detail = {});

private:
    std::string server_;
    Log& log_;
    Metrics& metrics_;
    std::map<std::string_view, Counter*> counters_;
    Steady::time_point window_{};
    int lines_ = 0;
    int64_t left_out_ = 0;
};

} // namespace gh::http
