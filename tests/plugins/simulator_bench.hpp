// Drives a simulator without a network: time stands still until the test moves it, requests wait until the test answers them.
#pragma once

#include "core/base/json.hpp"
#include "core/base/time.hpp"
#include "core/http/message.hpp"
#include "core/sandbox/library.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace gh::test {

class SimulatorBench {
public:
    struct Sent {
        uint64_t token;
        std::string method, url, body;
        std::vector<http::Field> fields;
        std::string field(std::string_view name) const {
            http::Request r;
            r.fields = fields;
            return std::string(r.field(name).value_or(""));
        }
    };
    struct Answer {
        int status = 0;
        std::string body;
        json::Value json; ///< null when the body is none
        Answer(int s, std::string b) : status(s), body(std::move(b)) {
            if (auto parsed = json::parse(body); parsed.ok()) json = std::move(*parsed);
        }
        Answer(const Answer& o) : Answer(o.status, o.body) {}
        Answer& operator=(const Answer&) = delete;
        /// The code of the first error of Basiq's kind.
        std::string code() const { return first().text_of("code").empty() ? "" : std::string(first().text_of("code")); }
        std::string detail() const { return std::string(first().text_of("detail")); }

    private:
        const json::Value& first() const {
            static const json::Value none;
            const json::Value* data = json.find("data");
            return data && !data->items.empty() ? data->items[0] : none;
        }
    };

    explicit SimulatorBench(const std::string& file, const std::string& settings = "{}",
                            const std::string& target = "http://127.0.0.1:1/hooks/s")
        : target_(target) {
        auto library = sandbox::Library::load(file);
        BOOST_REQUIRE_MESSAGE(library.ok(), (library.ok() ? std::string() : library.error().message));
        d_ = &library->descriptor();
        host_ = {sizeof host_, 0, this, &log, &fail, &now, &wall_now, &random, &send, &wake_at, text(base_), text(target_), &get_interface};
        status_ = d_->open(&host_, text(settings), &simulator_);
    }
    ~SimulatorBench() {
        if (simulator_) d_->close(simulator_);
    }
    SimulatorBench(const SimulatorBench&) = delete;

    bool opened() const { return status_ == GATEHOUSE_OK; }
    const std::string& reason() const { return reason_; }
    Time time() const { return time_; }
    /// Requests sent and not yet answered, oldest first.
    std::deque<Sent>& outbox() { return outbox_; }

    std::string describe() {
        std::string out;
        const auto s = sink(out);
        BOOST_REQUIRE(d_->describe(simulator_, &s) == GATEHOUSE_OK);
        return out;
    }
    gatehouse_status try_command(const std::string& name, const std::string& arguments, std::string& out) {
        const auto s = sink(out);
        return d_->command(simulator_, text(name), text(arguments), &s);
    }
    std::string command(const std::string& name, const std::string& arguments = "{}") {
        std::string out;
        const auto status = try_command(name, arguments, out);
        BOOST_REQUIRE_MESSAGE(status == GATEHOUSE_OK, name + ": " + reason_);
        return out;
    }
    Answer call(const std::string& method, const std::string& target, const std::vector<http::Field>& fields = {},
                const std::string& body = {}) {
        const size_t question = std::min(target.find('?'), target.size());
        const std::string path = target.substr(0, question), query = target.substr(std::min(question + 1, target.size()));
        std::vector<gatehouse_header> headers;
        for (const auto& f : fields) headers.push_back({text(f.name), text(f.value)});
        const gatehouse_request r = {sizeof r,
                                     0,
                                     text(method),
                                     text(target),
                                     text(path),
                                     text(query),
                                     headers.data(),
                                     headers.size(),
                                     {reinterpret_cast<const uint8_t*>(body.data()), body.size()},
                                     text("127.0.0.1"),
                                     to_unix_ms(time_)};
        std::vector<std::pair<int, std::string>> given;
        const gatehouse_simulator_answer answer = {
            sizeof answer, 0, &given, [](void* context, const gatehouse_response* a) -> gatehouse_status {
                static_cast<std::vector<std::pair<int, std::string>>*>(context)->emplace_back(
                    a->http_status, std::string(reinterpret_cast<const char*>(a->body.data), a->body.size));
                return GATEHOUSE_OK;
            }};
        BOOST_REQUIRE_MESSAGE(d_->serve(simulator_, &r, &answer) == GATEHOUSE_OK, reason_);
        BOOST_REQUIRE(given.size() == 1u);
        return Answer(given[0].first, given[0].second);
    }
    /// Answers the oldest request; 0: no connection.
    Sent reply(int status, const std::string& body = "", const std::vector<http::Field>& fields = {}) {
        BOOST_REQUIRE(!outbox_.empty());
        std::vector<gatehouse_header> headers;
        for (const auto& f : fields) headers.push_back({text(f.name), text(f.value)});
        Sent out = std::move(outbox_.front());
        outbox_.pop_front();
        const gatehouse_http_response r = {sizeof r,
                                           status == 0 ? GATEHOUSE_NET_CONNECT : GATEHOUSE_NET_OK,
                                           status,
                                           0,
                                           text(status == 0 ? "refused" : ""),
                                           headers.data(),
                                           headers.size(),
                                           {reinterpret_cast<const uint8_t*>(body.data()), body.size()}};
        d_->sent(simulator_, out.token, &r);
        return out;
    }
    /// Moves both clocks and wakes the simulator at each of its times.
    void advance(Millis d) {
        const Time end = time_ + d;
        while (!timers_.empty() && timers_.begin()->first <= end) {
            const auto [at, token] = *timers_.begin();
            timers_.erase(timers_.begin());
            time_ = std::max(time_, at);
            d_->woken(simulator_, token);
        }
        time_ = end;
    }

private:
    static SimulatorBench& self(void* context) { return *static_cast<SimulatorBench*>(context); }
    static gatehouse_text text(std::string_view s) { return {s.data(), s.size()}; }
    static std::string string(gatehouse_text t) { return t.data ? std::string(t.data, t.size) : std::string(); }
    static gatehouse_sink sink(std::string& out) {
        return {&out,
                [](void* c, const void* data, size_t size) { static_cast<std::string*>(c)->append(static_cast<const char*>(data), size); }};
    }
    static void log(void*, int32_t, gatehouse_text) {}
    static void fail(void* c, gatehouse_text t) { self(c).reason_ = string(t); }
    static int64_t now(void* c) { return to_unix_ms(self(c).time_); }
    static int64_t wall_now(void* c) { return to_unix_ms(self(c).time_); }
    static void random(void* c, uint8_t* out, size_t size) {
        for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(self(c).random_());
    }
    static gatehouse_status send(void* c, const gatehouse_simulator_request* r, uint64_t token) {
        Sent s{token, string(r->method), string(r->url), std::string(reinterpret_cast<const char*>(r->body.data), r->body.size), {}};
        for (size_t i = 0; i < r->header_count; ++i) s.fields.push_back({string(r->headers[i].name), string(r->headers[i].value)});
        self(c).outbox_.push_back(std::move(s));
        return GATEHOUSE_OK;
    }
    static gatehouse_status wake_at(void* c, int64_t time, uint64_t token) {
        self(c).timers_.emplace(from_unix_ms(time), token);
        return GATEHOUSE_OK;
    }
    static const void* get_interface(void*, gatehouse_text) { return nullptr; }

    std::string base_ = "http://127.0.0.1:4011", target_, reason_;
    const gatehouse_simulator* d_ = nullptr;
    gatehouse_simulator_host host_{};
    gatehouse_status status_ = GATEHOUSE_OK;
    void* simulator_ = nullptr;
    Time time_ = *parse_rfc3339("2026-01-31T12:00:00Z");
    std::mt19937 random_{7};
    std::deque<Sent> outbox_;
    std::multimap<Time, uint64_t> timers_;
};

} // namespace gh::test
