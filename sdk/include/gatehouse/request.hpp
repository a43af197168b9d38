// What arrives: the received request as a view, and a stored event that owns its copy.
#pragma once

#include <gatehouse/types.hpp>

#include <memory>

namespace gatehouse {

/// One received request, exactly as it came. A view: valid only during the call that was given it. A coroutine that needs it later copies
/// the parts it needs, or keeps an owned_request.
class request {
public:
    explicit request(const gatehouse_request& r) : r_(&r) {}

    std::string_view method() const { return to_view(r_->method); }
    std::string_view target() const { return to_view(r_->target); } ///< raw
    std::string_view path() const { return to_view(r_->path); }     ///< below the source's path: "" or "/…", not decoded
    std::string_view query() const { return to_view(r_->query); }   ///< raw, without "?"
    std::string_view body() const { return to_view(r_->body); }
    std::string_view remote() const { return to_view(r_->remote); }
    time_point received_at() const { return time_point(milliseconds(r_->received_at)); }

    size_t header_count() const { return r_->header_count; }
    std::pair<std::string_view, std::string_view> header_at(size_t i) const {
        return {to_view(r_->headers[i].name), to_view(r_->headers[i].value)};
    }
    /// First field of that name, ignoring case.
    std::optional<std::string_view> header(std::string_view name) const {
        for (size_t i = 0; i < r_->header_count; ++i)
            if (equals_ignoring_case(to_view(r_->headers[i].name), name)) return to_view(r_->headers[i].value);
        return std::nullopt;
    }
    /// How many fields of that name there are. What proves a sender should be there exactly once.
    size_t count(std::string_view name) const {
        size_t n = 0;
        for (size_t i = 0; i < r_->header_count; ++i) n += equals_ignoring_case(to_view(r_->headers[i].name), name);
        return n;
    }

    const gatehouse_request& abi() const { return *r_; }

private:
    const gatehouse_request* r_;
};

/// A deep copy of a request. Movable; the view stays valid as long as the object it came from, moves included.
class owned_request {
public:
    explicit owned_request(const gatehouse_request& r) : data_(std::make_unique<data>()) {
        data& d = *data_;
        for (const gatehouse_text t : {r.method, r.target, r.path, r.query, r.remote}) d.texts.emplace_back(to_view(t));
        d.body = to_view(r.body);
        for (size_t i = 0; i < r.header_count; ++i) d.fields.emplace_back(to_view(r.headers[i].name), to_view(r.headers[i].value));
        for (const auto& f : d.fields) d.headers.push_back({to_text(f.name()), to_text(f.value())});
        d.abi = {
            sizeof(gatehouse_request), r.flags,          to_text(d.texts[0]), to_text(d.texts[1]), to_text(d.texts[2]), to_text(d.texts[3]),
            d.headers.data(),          d.headers.size(), to_bytes(d.body),    to_text(d.texts[4]), r.received_at};
    }
    request view() const { return request(data_->abi); }

private:
    struct data {
        std::vector<std::string> texts;
        std::string body;
        std::vector<header> fields;
        std::vector<gatehouse_header> headers;
        gatehouse_request abi{};
    };
    std::unique_ptr<data> data_;
};

/// A stored event, as a fetch-back job gets it: by const reference, alive as long as the job. It cannot be copied, so that a coroutine
/// cannot take it in a way that dangles.
class stored_event {
public:
    explicit stored_event(const gatehouse_stored_event& e)
        : attempt_(e.attempt),
          id_(to_view(e.id)),
          type_(to_view(e.type)),
          subject_(to_view(e.subject)),
          dedupe_key_(to_view(e.dedupe_key)),
          ordering_key_(to_view(e.ordering_key)),
          received_at_(milliseconds(e.received_at)),
          occurred_at_(from_abi_time(e.occurred_at)),
          request_(*e.request) {}
    stored_event(const stored_event&) = delete;
    stored_event& operator=(const stored_event&) = delete;

    uint32_t attempt() const { return attempt_; } ///< 1 = first
    const std::string& id() const { return id_; }
    const std::string& type() const { return type_; }
    const std::string& subject() const { return subject_; }
    const std::string& dedupe_key() const { return dedupe_key_; }
    const std::string& ordering_key() const { return ordering_key_; }
    time_point received_at() const { return received_at_; }
    std::optional<time_point> occurred_at() const { return occurred_at_; }
    /// The request that announced it.
    gatehouse::request request() const { return request_.view(); }

private:
    uint32_t attempt_;
    std::string id_, type_, subject_, dedupe_key_, ordering_key_;
    time_point received_at_;
    std::optional<time_point> occurred_at_;
    owned_request request_;
};

} // namespace gatehouse
