// A simulator in C++ (draft, see simulator.h): a class with a constructor (simulator_host, const json::document& settings), the members
// below, and one GATEHOUSE_SIMULATOR line.
//
//     class acme_simulator {
//     public:
//         acme_simulator(gatehouse::simulator_host host, const gatehouse::json::document& settings);
//         gatehouse::api_answer serve(const gatehouse::request&);
//         void sent(uint64_t token, const gatehouse::sent_outcome&);
//         void woken(uint64_t token);
//         std::string command(std::string_view name, const gatehouse::json::document& arguments);   // JSON; throws command_error
//         std::string describe() const;                                                             // JSON
//     };
//     GATEHOUSE_SIMULATOR(acme_simulator, "acme", "1.0.0", "Acme payments")
//
// One thread calls all of them, one at a time. Exceptions become statuses with their text and never cross the border.
#pragma once

#include <gatehouse/json.hpp>
#include <gatehouse/request.hpp>
#include <gatehouse/simulator.h>

#include <exception>

namespace gatehouse {

/// A request to send.
struct outgoing {
    std::string method = "POST";
    std::string url;
    std::vector<header> headers;
    std::string body;
    milliseconds timeout{0}; ///< of the real clock; 0 = 15 s
};

/// What became of one.
struct sent_outcome {
    int net = GATEHOUSE_NET_OK;
    int status = 0; ///< 0 without an answer
    std::string_view error;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    std::string_view body;
    bool success() const { return net == GATEHOUSE_NET_OK && status >= 200 && status < 300; }
};

/// An answer of the API.
struct api_answer {
    int status = 200;
    std::vector<header> headers;
    std::string body;
};

/// Thrown by command(): what is wrong and what to do.
class command_error : public std::exception {
public:
    command_error(gatehouse_status status, std::string text) : status_(status), text_(std::move(text)) {}
    static command_error unknown(std::string_view name) { return {GATEHOUSE_NOT_FOUND, "there is no command \"" + printable(name) + "\""}; }
    static command_error invalid(std::string text) { return {GATEHOUSE_INVALID, std::move(text)}; }
    gatehouse_status status() const { return status_; }
    const char* what() const noexcept override { return text_.c_str(); }

private:
    gatehouse_status status_;
    std::string text_;
};

/// The host's services. Copyable; valid as long as the simulator.
class simulator_host {
public:
    explicit simulator_host(const gatehouse_simulator_host* h) : h_(h) {}

    void log(int32_t level, std::string_view message) const { h_->log(h_->context, level, to_text(message)); }
    void fail(std::string_view text) const { h_->fail(h_->context, to_text(text)); }
    time_point now() const { return time_point(milliseconds(h_->now(h_->context))); }           ///< simulated
    time_point wall_now() const { return time_point(milliseconds(h_->wall_now(h_->context))); } ///< what a receiver's clock says
    std::string random(size_t size) const {
        std::string out(size, '\0');
        h_->random(h_->context, reinterpret_cast<uint8_t*>(out.data()), size);
        return out;
    }
    /// Whether accounts begin without the subscriptions that the gateway can make itself (GATEHOUSE_SIMULATOR_FRESH).
    bool fresh() const { return (h_->flags & GATEHOUSE_SIMULATOR_FRESH) != 0; }
    std::string_view base_url() const { return to_view(h_->base_url); }
    std::string_view target_url() const { return to_view(h_->target_url); }

    /// Throws when the host does not take it.
    void send(const outgoing& o, uint64_t token) const {
        const auto headers = to_abi(o.headers);
        const gatehouse_simulator_request abi = {
            sizeof abi, 0, to_text(o.method), to_text(o.url), headers.data(), headers.size(), to_bytes(o.body), o.timeout.count()};
        if (h_->send(h_->context, &abi, token) != GATEHOUSE_OK) throw command_error(GATEHOUSE_FAILED, "the host did not take the request");
    }
    void wake_at(time_point t, uint64_t token) const {
        if (h_->wake_at(h_->context, t.time_since_epoch().count(), token) != GATEHOUSE_OK)
            throw command_error(GATEHOUSE_FAILED, "the host did not take the timer");
    }

private:
    const gatehouse_simulator_host* h_;
};

namespace detail {

/// The C side of one simulator class.
template <class T>
struct simulator_border {
    struct object {
        simulator_host host;
        T simulator;
        object(simulator_host h, const json::document& settings) : host(h), simulator(h, settings) {}
    };

    template <class F>
    static gatehouse_status guarded(const simulator_host& host, F&& f) noexcept {
        try {
            f();
            return GATEHOUSE_OK;
        } catch (const command_error& e) {
            host.fail(e.what());
            return e.status();
        } catch (const std::exception& e) {
            host.fail(e.what());
        } catch (...) {
            host.fail("an exception of unknown type");
        }
        return GATEHOUSE_FAILED;
    }
    static json::document parsed(gatehouse_text text, const char* what) {
        json::document d = json::parse(to_view(text));
        if (!d) throw command_error::invalid(std::string(what) + ": " + d.error());
        if (!d.root().is_object()) throw command_error::invalid(std::string(what) + ": give a JSON object");
        return d;
    }

    static gatehouse_status open(const gatehouse_simulator_host* h, gatehouse_text settings, void** out) noexcept {
        const simulator_host host(h);
        return guarded(host, [&] { *out = new object(host, parsed(settings, "settings")); });
    }
    static void close(void* self) noexcept { delete static_cast<object*>(self); }
    static gatehouse_status serve(void* self, const gatehouse_request* r, const gatehouse_simulator_answer* answer) noexcept {
        auto& o = *static_cast<object*>(self);
        return guarded(o.host, [&] {
            const api_answer a = o.simulator.serve(request(*r));
            const auto headers = to_abi(a.headers);
            const gatehouse_response abi = {sizeof abi, a.status, headers.data(), headers.size(), to_bytes(a.body), nullptr, 0};
            if (answer->respond(answer->context, &abi) != GATEHOUSE_OK)
                throw command_error(GATEHOUSE_FAILED, "the host did not take the answer");
        });
    }
    static void sent(void* self, uint64_t token, const gatehouse_http_response* r) noexcept {
        auto& o = *static_cast<object*>(self);
        guarded(o.host, [&] {
            sent_outcome outcome{r->net, r->net == GATEHOUSE_NET_OK ? r->http_status : 0, to_view(r->error), {}, to_view(r->body)};
            for (size_t i = 0; i < r->header_count; ++i)
                outcome.headers.emplace_back(to_view(r->headers[i].name), to_view(r->headers[i].value));
            o.simulator.sent(token, outcome);
        });
    }
    static void woken(void* self, uint64_t token) noexcept {
        auto& o = *static_cast<object*>(self);
        guarded(o.host, [&] { o.simulator.woken(token); });
    }
    static void put(const gatehouse_sink* out, const std::string& text) { out->write(out->context, text.data(), text.size()); }
    static gatehouse_status command(void* self, gatehouse_text name, gatehouse_text arguments, const gatehouse_sink* out) noexcept {
        auto& o = *static_cast<object*>(self);
        return guarded(o.host, [&] { put(out, o.simulator.command(to_view(name), parsed(arguments, "arguments"))); });
    }
    static gatehouse_status describe(void* self, const gatehouse_sink* out) noexcept {
        auto& o = *static_cast<object*>(self);
        return guarded(o.host, [&] { put(out, o.simulator.describe()); });
    }
};

} // namespace detail

} // namespace gatehouse

#define GATEHOUSE_SIMULATOR(T, NAME, VERSION, SUMMARY)                                                      \
    extern "C" GATEHOUSE_EXPORT const gatehouse_simulator* gatehouse_simulator_v1(const gatehouse_hello*) { \
        using border = gatehouse::detail::simulator_border<T>;                                              \
        static const gatehouse_simulator descriptor = {sizeof(gatehouse_simulator),                         \
                                                       GATEHOUSE_SIMULATOR_REVISION,                        \
                                                       gatehouse::to_text(GATEHOUSE_SIMULATOR_ID),          \
                                                       gatehouse::to_text(NAME),                            \
                                                       gatehouse::to_text(VERSION),                         \
                                                       gatehouse::to_text(SUMMARY),                         \
                                                       &border::open,                                       \
                                                       &border::close,                                      \
                                                       &border::serve,                                      \
                                                       &border::sent,                                       \
                                                       &border::woken,                                      \
                                                       &border::command,                                    \
                                                       &border::describe};                                  \
        return &descriptor;                                                                                 \
    }
