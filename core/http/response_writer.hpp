// Answers as bytes (RFC 9112 section 4). Loop thread.
#pragma once

#include "core/base/time.hpp"
#include "core/http/message.hpp"

#include <string>

namespace gh::http {

/// The Date field line with its CR LF, formatted once per second (RFC 9110 section 5.6.7).
class DateLine {
public:
    void update(Time now);
    const std::string& text() const { return text_; }

private:
    int64_t second_ = -1;
    std::string text_;
};

struct ResponseForm {
    bool close = false;    ///< say Connection: close
    bool chunked = false;  ///< length unknown: Transfer-Encoding: chunked in place of Content-Length
    bool unframed = false; ///< length unknown and no chunks (HTTP/1.0): the end of the connection is the end of the body
};

/// True for answers that never have a body (1xx, 204, 304; RFC 9112 section 6.3).
bool is_bodiless(int status);

/// Appends status line, fields and the empty line. Fields that the server writes itself are left out of response.fields, names that are no
/// token too; control bytes in values become blanks, so that no value can end its line. A status outside 200..599 becomes 500.
void write_head(std::string& out, const Response&, const DateLine&, ResponseForm);

/// Appends one chunk; `data` is not empty.
void write_chunk(std::string& out, std::string_view data);

} // namespace gh::http
