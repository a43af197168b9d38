// A plugin made of awkward jobs, linked into the test.
#include "tests/plugins/sdk_jobs_plugin.hpp"

#include <gatehouse/oauth2.hpp>
#include <gatehouse/paging.hpp>
#include <gatehouse/plugin.hpp>

#include <stdexcept>

using namespace gatehouse;

std::atomic<int> traced::alive{0};

namespace {

job<int> leaf(int n) {
    co_return n;
}

job<int> nested(int depth) {
    traced t("nested");
    if (depth == 0) co_return 0;
    co_return 1 + co_await nested(depth - 1);
}

job<std::string> fetch_text(std::string url) {
    traced t("fetch_text");
    const auto answer = co_await http::get(url).header("Accept", "text/plain").timeout(std::chrono::seconds(5)).max_response(1000);
    if (!answer.ok()) co_return failure::retry("status " + std::to_string(answer.status()), answer.retry_after(time_point()));
    co_return answer.body();
}

job<void> pause(int64_t ms) {
    traced t("pause");
    co_await sleep(milliseconds(ms));
}

class awkward {
public:
    awkward(host h, const settings& s)
        : host_(h), api_(h, [] {
              return http::post("https://api.example/token").secret_header("Authorization", "Basic ", "key").form("scope", "all it");
          }) {
        if (s["throw"].text() == "setting") throw setting_error("throw", "must not be \"setting\"");
        if (s["throw"].text() == "int") throw 42;
        api_.margin(std::chrono::seconds(60));
    }

    void enroll(registry& r) {
        r.verifier("v", [this](const request& in) { return verified(in); });
        r.route("POST", "", "v", [](const request& in, const acceptance&) { return handled(in); });
        r.fetch_back("*", [](const stored_event& e) { return fetch(e); });
        r.egress_host("*.example.com", 8443, "/v1");
        r.egress_setting("api_url", "/x");
        const auto op = [&](std::string_view name, std::function<job<result>(const json::document&)> f) {
            r.operation(name, "", "", "", f);
        };
        op("get", [](const json::document&) { return get(); });
        op("everything", [](const json::document& a) { return everything(a); });
        op("nested", [](const json::document& a) { return deep(static_cast<int>(a["n"].integer().value_or(0))); });
        op("many", [](const json::document&) { return many(); });
        op("throw", [](const json::document& a) { return thrower(std::string(a["what"].text())); });
        op("begin throws", [](const json::document&) -> job<result> { throw std::runtime_error("not even begun"); });
        op("caught", [](const json::document&) { return caught(); });
        op("pages", [](const json::document& a) { return pages(static_cast<size_t>(a["most"].integer().value_or(3))); });
        op("too many", [](const json::document&) { return too_many(); });
        op("gone", [](const json::document&) -> job<result> { co_return gone("deleted long ago"); });
        op("response", [](const json::document&) -> job<result> { co_return response(201, "hi", "text/plain").header("X-A", "b"); });
        op("api", [this](const json::document& a) { return call(std::string(a["url"].text())); });
        op("api all", [this](const json::document&) { return call_all(); });
    }

private:
    verdict verified(const request& in) const {
        if (in.query() == "throw") throw std::runtime_error("thrown in verify");
        if (in.query() == "refuse") return refusal("no_good", "because", 403).header("X-Why", "no");
        if (in.query() == "need") return get();
        return acceptance().replay_id("r-1").unverified_origin();
    }
    static outcome handled(const request& in) {
        if (in.query() == "throw") throw failure::retry("thrown in handle");
        if (in.query() == "refuse") return refusal("unusable", "", 400);
        if (in.query() == "job") return get();
        if (in.query() == "respond")
            return response(200, "{}", "application/json").state({state_change("k", ""), state_change::remove("old")});
        return event("d-1", "t").subject("s").ordering_key("o").occurred_at(at_seconds(5)).answer(204).body_may_vary();
    }
    static job<result> fetch(const stored_event& e) {
        const auto text = co_await fetch_text("https://api.example/" + e.subject());
        // Looked at after the suspension: the event must still be there.
        co_return document(e.type() + " " + e.id() + " " + std::string(e.request().header("x-test").value_or("")) + " " + text)
            .state({state_change("seen", e.id())});
    }
    static job<result> get() {
        const auto answer =
            co_await http::post("https://api.example/x").secret_header("X-Key", "k ", "key").json("a", 1, "b", "é\"").share_key("one");
        co_return document(std::to_string(answer.status()) + " " + std::string(answer.header("x-a").value_or("none")) + " " +
                           answer.body());
    }
    static job<result> everything(const json::document& a) {
        traced outer("everything, a text longer than the small string buffer");
        const std::string text = co_await fetch_text("https://api.example/first");
        std::vector<traced> held(3);
        co_await pause(250);
        const auto both = co_await http::all(http::get("https://api.example/a"), http::get("https://api.example/b").header("X", text));
        co_await put_state(state_change("cursor", both[0].body() + both[1].body()), state_change::remove("old"), state_change("empty", ""));
        const int three = co_await nested(3);
        try {
            (void)co_await fetch_text("https://api.example/fails");
        } catch (const failure& f) {
            held.emplace_back(f.text().c_str());
        }
        co_await sleep(std::chrono::milliseconds(0));
        co_return document(json::object({{"text", text}, {"n", three}, {"arg", a["arg"].text()}, {"state", both[1].body()}}).text());
    }
    static job<result> deep(int n) { co_return document(std::to_string(co_await nested(n))); }
    static job<result> many() {
        int sum = 0;
        for (int i = 0; i < 200'000; ++i) sum += co_await leaf(1);
        co_return document(std::to_string(sum));
    }
    static job<result> thrower(std::string what) {
        traced t("thrower");
        if (what == "runtime_error") throw std::runtime_error("broken");
        if (what == "bad_alloc") throw std::bad_alloc();
        if (what == "int") throw 7;
        if (what == "refused") throw failure::refused("wrong key");
        if (what == "returned") co_return failure::retry("later", std::chrono::seconds(9));
        if (what == "nested") co_return document(co_await fetch_text("https://api.example/x"));
        co_return done();
    }
    static job<result> caught() {
        std::string seen;
        try {
            (void)co_await fetch_text("https://api.example/x");
        } catch (const failure& f) {
            seen = f.text();
        }
        co_return document(seen);
    }
    static job<result> pages(size_t most) {
        auto first = co_await http::get("https://api.example/1");
        auto next = [](const http::response& r) { return std::string(r.json()["next"].text()); };
        auto fetch = [](std::string url) -> job<http::response> { co_return co_await http::get(url); };
        const auto all = co_await paging::follow(std::move(first), next, fetch, most);
        std::string text;
        for (const auto& p : all.read()) text += std::string(p.json()["v"].text());
        co_return document(text + " rest=" + all.rest());
    }
    static job<result> too_many() {
        std::vector<http::request> requests(65, http::get("https://api.example/"));
        (void)co_await http::all(std::move(requests));
        co_return done();
    }
    job<result> call(std::string url) {
        const auto answer = co_await api_.send(http::get(url));
        co_return document(std::to_string(answer.status()) + " " + answer.body());
    }
    job<result> call_all() {
        std::vector<http::request> two;
        two.push_back(http::get("https://api.example/1"));
        two.push_back(http::get("https://api.example/2"));
        const auto answers = co_await api_.send_all(std::move(two));
        co_return document(answers[0].body() + answers[1].body());
    }

    host host_;
    oauth2::client api_;
};

} // namespace

GATEHOUSE_PLUGIN(
    awkward, {.name = "awkward",
              .version = "0.1.0",
              .summary = "awkward jobs",
              .settings_schema = R"({"type":"object","properties":{"key":{"type":"string","writeOnly":true},"throw":{"type":"string"}}})"})
