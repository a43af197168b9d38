#include "core/cli/check_answers.hpp"

#include "core/base/json.hpp"

#include <fstream>
#include <sstream>

namespace gh::cli {

namespace {

using Meaning = Scenario::Meaning;
using egress::Failure;
using egress::Request;
using egress::Response;

Response status(int code, std::string body, std::string type = "application/json", std::vector<http::Field> more = {}) {
    Response out;
    out.status = code;
    out.body = std::move(body);
    if (!type.empty()) out.fields.push_back({"Content-Type", std::move(type)});
    for (auto& field : more) out.fields.push_back(std::move(field));
    return out;
}

Response lost(Failure why) {
    Response out;
    out.failure = why;
    out.error = "api.example: " + std::string(egress::to_text(why));
    return out;
}

/// As the client does: a body over the limit never arrives.
Response cut_to(const Request& request, Response answer) {
    return answer.body.size() > request.max_response ? lost(Failure::too_large) : answer;
}

/// An object with what APIs usually have: ids, lists, links, a token.
std::string plausible(const Request& request, int page) {
    const auto origin = request.url.substr(0, request.url.find('/', request.url.find("://") + 3));
    const std::string next =
        origin + request.url.substr(origin.size(), request.url.find('?') - origin.size()) + "?page=" + std::to_string(page);
    json::Writer w;
    const auto item = [&] {
        w.object().member("id", "o-17").member("name", "x").member("type", "order.paid").member("status", "active");
        w.member("url", "https://hooks.example/hooks/check").member("created", "2026-01-01T00:00:00Z").end();
    };
    w.object()
        .member("id", "o-17")
        .member("access_token", k_answered_token)
        .member("token", k_answered_token)
        .member("token_type", "Bearer");
    w.member("expires_in", 3600).member("success", true).member("totalCount", 3).member("size", 1).member("count", 1);
    for (const char* list : {"data", "items", "results", "webhooks", "messages"}) {
        w.name(list).array();
        item();
        w.end();
    }
    w.name("links").object().member("self", request.url).member("next", next).end();
    return w.member("next", next).end().take();
}

/// Every address in it is somewhere else.
std::string elsewhere() {
    json::Writer w;
    w.object().member("id", "o-17").member("access_token", k_answered_token).member("expires_in", 3600);
    for (const char* name : {"next", "url", "href", "self", "location"}) w.member(name, "https://elsewhere.example/steal?x=1");
    w.name("links").object();
    for (const char* name : {"next", "self", "event", "href"}) w.member(name, "https://elsewhere.example/steal");
    return w.end().end().take();
}

using Make = std::function<Response(const Request&, int number)>;

plugin::Answerer counted(Make make) {
    return [make = std::move(make), number = 0](const Request& request) mutable { return cut_to(request, make(request, number++)); };
}

class Collection {
public:
    void add(std::string name, Meaning meaning, Make make, int drop_after = 0) {
        out.push_back({std::move(name), meaning, [make = std::move(make)] { return counted(make); }, drop_after});
    }
    void always(std::string name, Meaning meaning, Response answer) {
        add(std::move(name), meaning, [answer = std::move(answer)](const Request&, int) { return answer; });
    }
    std::vector<Scenario> out;
};

void add_failing(Collection& c) {
    for (const auto why : {Failure::resolve, Failure::connect, Failure::tls, Failure::truncated, Failure::too_large, Failure::protocol,
                           Failure::cancelled, Failure::address, Failure::not_allowed})
        c.always("network: " + std::string(egress::to_text(why)), why == Failure::connect ? Meaning::passing : Meaning::any, lost(why));
    c.always("timeout of every request", Meaning::passing, lost(Failure::timeout));
    for (const int code : {400, 409, 410, 418, 422})
        c.always("status " + std::to_string(code), Meaning::any, status(code, "{\"error\":\"no\"}"));
    for (const int code : {401, 403}) c.always("status " + std::to_string(code), Meaning::refused, status(code, "{\"error\":\"no\"}"));
    c.always("status 404", Meaning::missing, status(404, "{\"error\":\"not found\"}"));
    for (const int code : {500, 502, 503, 504})
        c.always("status " + std::to_string(code), Meaning::passing, status(code, "{\"error\":\"down\"}"));
    c.always("status 500 with a page", Meaning::passing, status(500, "<html><body>Internal Server Error</body></html>", "text/html"));
    c.always("status 429, Retry-After 7", Meaning::busy, status(429, "", "", {{"Retry-After", "7"}}));
    for (const char* when : {"banana", "-1", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"})
        c.always("status 429, Retry-After " + std::string(when), Meaning::any, status(429, "", "", {{"Retry-After", when}}));
    for (const int code : {301, 302, 307})
        c.always("redirect " + std::to_string(code), Meaning::any, status(code, "", "", {{"Location", "https://elsewhere.example/steal"}}));
    for (const int code : {100, 102, 199, 204, 205, 304, 599, 999})
        c.always("status " + std::to_string(code), Meaning::any, status(code, ""));
}

void add_absurd(Collection& c) {
    const auto ok = [&](const std::string& name, std::string body, std::string type = "application/json") {
        c.always(name, Meaning::any, status(200, std::move(body), std::move(type)));
    };
    ok("an empty answer", "");
    ok("an empty answer without type", "", "");
    ok("a page in place of JSON", "<!doctype html><title>Sign in</title>", "text/html");
    for (const char* json : {"null", "true", "0", "\"text\"", "[]", "{}", "[[]]", "[null]", "{\"\":null}"})
        ok(std::string("JSON ") + json, json);
    std::string binary;
    for (int i = 0; i < 4096; ++i) binary += static_cast<char>(i * 7);
    ok("a binary answer", binary, "application/octet-stream");
    ok("a binary answer that says JSON", binary);
    ok("JSON of 100,000 levels", std::string(100'000, '['));
    ok("JSON of 100,000 objects inside each other", [] {
        std::string out;
        for (int i = 0; i < 100'000; ++i) out += "{\"a\":";
        return out;
    }());
    ok("JSON of 60 levels", std::string(60, '[') + std::string(60, ']'));
    ok("JSON cut short", "{\"id\":\"o-17\",\"data\":[{\"id\":");
    ok("JSON that is no UTF-8", "{\"id\":\"\xff\xfe\xc0\x80\"}");
    ok("JSON with a NUL", std::string("{\"id\":\"a\\u0000b\",\"data\":[]}\0", 28));
    ok("JSON with a member twice", "{\"id\":\"a\",\"id\":\"b\",\"access_token\":\"x\",\"access_token\":7}");
    ok("JSON with numbers that fit nowhere",
       "{\"id\":1e999,\"expires_in\":99999999999999999999999,\"count\":-1,\"size\":-9e99,\"totalCount\":1.5}");
    ok("JSON with other types",
       "{\"id\":{},\"data\":{},\"items\":7,\"links\":\"x\",\"access_token\":[],\"expires_in\":\"soon\",\"next\":{}}");
    ok("a token with a line break", "{\"access_token\":\"a\\r\\nX-Evil: 1\",\"expires_in\":3600}");
    ok("8 MiB of JSON", [] {
        std::string out = "{\"data\":[";
        while (out.size() < (8u << 20) - 64) out += "1234567,";
        return out + "0]}";
    }());
    ok("8 MiB of one text", "{\"id\":\"" + std::string((8u << 20) - 64, 'x') + "\"}");
    ok("addresses elsewhere", elsewhere());
    c.add("pages without end", Meaning::any, [](const Request& r, int n) { return status(200, plausible(r, n)); });
    c.add("the same page again and again", Meaning::any, [](const Request& r, int) { return status(200, plausible(r, 1)); });
}

Response real(const RecordedAnswers& recorded, const Request& r, int n) {
    const auto* known = recorded.find(r);
    return known ? *known : recorded.empty() ? status(200, plausible(r, n)) : status(404, "{}");
}

/// Good at first, then not: what jobs of several steps meet.
void add_turning(Collection& c, const RecordedAnswers& recorded) {
    const std::pair<const char*, Response> ends[] = {{"the connection lost", lost(Failure::connect)},
                                                     {"status 500", status(500, "{}")},
                                                     {"status 401", status(401, "{}")},
                                                     {"status 429", status(429, "", "", {{"Retry-After", "7"}})},
                                                     {"an empty answer", status(200, "")},
                                                     {"a page", status(200, "<html>", "text/html")}};
    for (int good = 1; good <= 3; ++good)
        for (const auto& [name, end] : ends)
            c.add("good answers: " + std::to_string(good) + ", then " + name, Meaning::any,
                  [&recorded, good, end = end](const Request& r, int n) { return n < good ? real(recorded, r, n) : end; });
    c.add("every other answer lost", Meaning::any,
          [&recorded](const Request& r, int n) { return n % 2 ? real(recorded, r, n) : lost(Failure::timeout); });
    for (int steps = 1; steps <= 6; ++steps)
        c.add(
            "dropped after step " + std::to_string(steps), Meaning::any,
            [&recorded](const Request& r, int n) { return real(recorded, r, n); }, steps);
}

} // namespace

Result<RecordedAnswers> RecordedAnswers::read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in || std::filesystem::is_directory(path)) return Error{path.string() + " cannot be read"};
    const std::string text = (std::ostringstream() << in.rdbuf()).str();
    const auto list = json::parse(text);
    if (!list) return Error{path.string() + ": " + list.error().message};
    if (list->kind != json::Kind::array) return Error{path.string() + ": a list of answers is expected"};
    RecordedAnswers out;
    for (size_t i = 0; i < list->items.size(); ++i) {
        const auto& item = list->items[i];
        const auto wrong = [&](const char* why) { return Error{path.string() + ": answer " + std::to_string(i + 1) + ": " + why}; };
        if (item.kind != json::Kind::object) return wrong("is not an object");
        for (const auto& [name, value] : item.members)
            if (name != "method" && name != "url" && name != "status" && name != "headers" && name != "body")
                return wrong("has another member than method, url, status, headers and body");
        Answer answer{std::string(item.find("method") ? item.text_of("method") : "GET"), std::string(item.text_of("url")), {}};
        if (answer.url.empty()) return wrong("names no url");
        answer.response = status(item.find("status") ? static_cast<int>(item.integer_of("status")) : 200, "", "");
        if (const auto* headers = item.find("headers"))
            for (const auto& [name, value] : headers->members) answer.response.fields.push_back({name, value.text});
        else
            answer.response.fields.push_back({"Content-Type", "application/json"});
        if (const auto* body = item.find("body"))
            answer.response.body = body->kind == json::Kind::string ? body->text : std::string(body->raw);
        out.answers_.push_back(std::move(answer));
    }
    return out;
}

const Response* RecordedAnswers::find(const Request& request) const {
    for (const auto& a : answers_) {
        if (a.method != request.method) continue;
        const bool open = a.url.ends_with('*');
        if (open ? request.url.starts_with(std::string_view(a.url).substr(0, a.url.size() - 1)) : request.url == a.url) return &a.response;
    }
    return nullptr;
}

plugin::Answerer RecordedAnswers::answerer() const {
    if (empty()) return {};
    return [this](const Request& request) {
        const auto* known = find(request);
        return known ? *known : status(404, "{}");
    };
}

std::vector<Scenario> scenarios(const RecordedAnswers& recorded) {
    Collection c;
    if (!recorded.empty()) c.add("recorded", Meaning::recorded, [&recorded](const Request& r, int n) { return real(recorded, r, n); });
    add_failing(c);
    add_absurd(c);
    add_turning(c, recorded);
    return std::move(c.out);
}

} // namespace gh::cli
