#include "core/http/response_writer.hpp"

#include "core/base/encoding.hpp"
#include "core/http/head_check.hpp"

#include <charconv>
#include <ctime>

namespace gh::http {

namespace {

void append_number(std::string& out, uint64_t n, int base = 10) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, n, base);
    out.append(text, end.ptr);
}

bool is_written_by_server(std::string_view name) {
    switch (name.size()) {
        case 4:
            return equals_ignoring_case(name, "Date");
        case 10:
            return equals_ignoring_case(name, "Connection");
        case 14:
            return equals_ignoring_case(name, "Content-Length");
        case 17:
            return equals_ignoring_case(name, "Transfer-Encoding");
        default:
            return false;
    }
}

void append_value(std::string& out, std::string_view value) {
    const size_t begin = out.size();
    out += value;
    for (size_t i = begin; i < out.size(); ++i) {
        const auto b = static_cast<uint8_t>(out[i]);
        if ((b < 0x20 && b != '\t') || b == 0x7f) out[i] = ' ';
    }
}

} // namespace

void DateLine::update(Time now) {
    const int64_t second = to_unix_ms(now) / 1000;
    if (second == second_) return;
    second_ = second;
    static constexpr const char* k_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* k_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = static_cast<std::time_t>(second);
    std::tm t{};
    gmtime_r(&seconds, &t);
    char text[64];
    const int n = std::snprintf(text, sizeof text, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", k_days[t.tm_wday], t.tm_mday,
                                k_months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    text_.assign(text, static_cast<size_t>(n));
}

bool is_bodiless(int status) {
    return status < 200 || status == 204 || status == 304;
}

void write_head(std::string& out, const Response& response, const DateLine& date, ResponseForm form) {
    const int status = response.status >= 200 && response.status <= 599 ? response.status : 500;
    out += "HTTP/1.1 ";
    append_number(out, static_cast<uint64_t>(status));
    out += ' ';
    out += reason_phrase(status);
    out += "\r\n";
    out += date.text();
    for (const auto& field : response.fields) {
        if (is_written_by_server(field.name) || !is_token(field.name)) continue;
        out += field.name;
        out += ": ";
        append_value(out, field.value);
        out += "\r\n";
    }
    if (form.chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (!form.unframed && !is_bodiless(status)) {
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    if (form.close) out += "Connection: close\r\n";
    out += "\r\n";
}

void write_chunk(std::string& out, std::string_view data) {
    append_number(out, data.size(), 16);
    out += "\r\n";
    out += data;
    out += "\r\n";
}

} // namespace gh::http
