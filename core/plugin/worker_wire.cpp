#include "core/plugin/worker_wire.hpp"

#include <openssl/crypto.h>

namespace gh::plugin::wire {

namespace {

constexpr size_t k_least_header = 8;
constexpr size_t k_most_state = 1000;
constexpr size_t k_least_state = 9;

gatehouse_text read_text(Reader& in) {
    return text(in.text());
}

} // namespace

void Writer::wipe() {
    OPENSSL_cleanse(out_.data(), out_.size());
    out_.clear();
}

void write(Writer& out, const gatehouse_header* headers, size_t count) {
    out.u32(static_cast<uint32_t>(count));
    for (size_t i = 0; i < count; ++i) {
        out.text(view(headers[i].name));
        out.text(view(headers[i].value));
    }
}

void write(Writer& out, const std::vector<http::Field>& fields) {
    out.u32(static_cast<uint32_t>(fields.size()));
    for (const auto& field : fields) {
        out.text(field.name);
        out.text(field.value);
    }
}

void read_headers(Reader& in, std::vector<gatehouse_header>& out) {
    out.resize(in.count(k_most_headers, k_least_header));
    for (auto& header : out) {
        header.name = read_text(in);
        header.value = read_text(in);
    }
}

std::vector<gatehouse_header> read_headers(Reader& in) {
    std::vector<gatehouse_header> out;
    read_headers(in, out);
    return out;
}

void write(Writer& out, const gatehouse_request& request) {
    for (const auto& part : {request.method, request.target, request.path, request.query, request.remote}) out.text(view(part));
    write(out, request.headers, request.header_count);
    out.text(view(request.body));
    out.i64(request.received_at);
}

void read(Reader& in, RequestView& out) {
    auto& request = out.request;
    request.struct_size = sizeof request;
    for (auto* part : {&request.method, &request.target, &request.path, &request.query, &request.remote}) *part = read_text(in);
    read_headers(in, out.headers);
    request.headers = out.headers.data();
    request.header_count = out.headers.size();
    request.body = bytes(in.text());
    request.received_at = in.i64();
}

void write(Writer& out, const std::vector<store::StateChange>& changes) {
    out.u32(static_cast<uint32_t>(changes.size()));
    for (const auto& [key, value] : changes) {
        out.text(key);
        out.u8(value ? 1 : 0);
        out.text(value ? std::string_view(*value) : std::string_view());
    }
}

std::vector<gatehouse_state_entry> read_state_entries(Reader& in) {
    std::vector<gatehouse_state_entry> out(in.count(k_most_state, k_least_state));
    for (auto& entry : out) {
        entry.key = read_text(in);
        const bool set = in.u8() != 0;
        const auto value = in.text();
        // data == NULL removes the key, and an empty view may have none.
        entry.value = set ? bytes(value.data() ? value : std::string_view("")) : gatehouse_bytes{};
    }
    return out;
}

} // namespace gh::plugin::wire
