#include "core/sandbox/control.hpp"

#include "core/base/encoding.hpp"
#include "core/sandbox/runner.hpp"

namespace gh::sandbox {

namespace {

constexpr size_t k_most_arguments = 1u << 20;
constexpr Millis k_furthest = std::chrono::hours(24 * 3650);

http::Response ok(std::string json) {
    return {.status = 200, .fields = {{"Content-Type", "application/json"}}, .body = std::move(json)};
}

http::Response answer_of(CommandResult result) {
    switch (result.status) {
        case GATEHOUSE_OK:
            return ok(std::move(result.text));
        case GATEHOUSE_NOT_FOUND:
            return http::problem(404, "Not found", result.text);
        case GATEHOUSE_INVALID:
            return http::problem(400, "Wrong arguments", result.text);
        default:
            return http::problem(500, "Simulator fault", result.text);
    }
}

void describe(json::Writer& w, const Runner& runner) {
    w.object()
        .member("name", runner.library().name())
        .member("version", runner.library().version())
        .member("summary", runner.library().summary());
    w.member("base_url", runner.base_url()).member("target_url", runner.target());
    w.name("faults").raw(runner.faults()).name("description").raw(runner.description()).end();
}

} // namespace

http::Admission Sandbox::Control::admit(const http::Request& head) {
    // A web page in a browser on this machine must not be able to drive the sandbox.
    if (head.field("origin")) return http::problem(403, "Forbidden", "The control API does not talk to web pages.");
    return http::Admitted{k_most_arguments, nullptr};
}

void Sandbox::Control::handle(std::vector<http::Exchange> exchanges) {
    for (auto& exchange : exchanges) answer(std::move(exchange));
}

Runner* Sandbox::Control::find(std::string_view name) const {
    for (const auto& runner : runners_)
        if (runner->library().name() == name) return runner.get();
    return nullptr;
}

http::Response Sandbox::Control::clock(const http::Request& request) {
    if (request.method != "GET" && request.method != "POST")
        return http::problem(405, "Method not allowed", "GET tells the time, POST moves it.");
    if (request.method == "POST") {
        const auto given = json::parse(request.body.empty() ? "{}" : request.body);
        std::optional<Millis> advance, skew;
        const auto wrong = [](const std::string& what) { return http::problem(400, "Wrong arguments", what); };
        if (!given.ok() || given->kind != json::Kind::object) return wrong("Give a JSON object with advance or skew.");
        for (const auto& [name, value] : given->members) {
            std::string_view text = value.kind == json::Kind::string ? std::string_view(value.text) : std::string_view();
            const bool back = name == "skew" && text.starts_with('-');
            if (back) text.remove_prefix(1);
            const auto time = parse_duration(text);
            if (name != "advance" && name != "skew") return wrong("There is no member \"" + name + "\": give advance or skew.");
            if (!time || *time > k_furthest) return wrong(name + ": give a duration up to 3650d, such as 90s, 6h or 7d.");
            (name == "skew" ? skew : advance) = back ? -*time : *time;
        }
        if (clock_.ahead() + advance.value_or(Millis(0)) > k_furthest) return wrong("advance: that is more than 3650d in all.");
        if (skew) clock_.set_skew(*skew);
        if (advance) {
            clock_.advance(*advance);
            for (const auto& runner : runners_) runner->clock_moved();
        }
    }
    json::Writer w;
    w.object().member("now", to_rfc3339(clock_.now())).member("ahead_ms", clock_.ahead().count());
    w.member("provider_clock", to_rfc3339(clock_.wall_now())).member("skew_ms", clock_.skew().count());
    return ok(w.end().take());
}

void Sandbox::Control::answer(http::Exchange exchange) {
    constexpr std::string_view k_root = "/_control";
    const http::Request& request = exchange.request();
    std::string_view rest = request.path;
    if (!rest.starts_with(k_root)) return exchange.respond(http::problem(404, "Not found", "The control API is at /_control."));
    rest.remove_prefix(k_root.size());
    const bool get = request.method == "GET";
    if (rest.empty() || rest == "/") {
        if (!get) return exchange.respond(http::problem(405, "Method not allowed", "Use GET."));
        json::Writer w;
        w.object().name("items").array();
        for (const auto& runner : runners_) describe(w, *runner);
        return exchange.respond(ok(w.end().end().take()));
    }
    if (rest[0] != '/') return exchange.respond(http::problem(404, "Not found", "The control API is at /_control."));
    rest.remove_prefix(1);
    if (rest == "clock") return exchange.respond(clock(request));
    const std::string_view name = rest.substr(0, rest.find('/'));
    Runner* const runner = find(name);
    if (!runner) {
        std::vector<std::string> names;
        for (const auto& r : runners_) names.push_back(r->library().name());
        const std::string near = config::nearest(name, names);
        return exchange.respond(http::problem(
            404, "Not found", "There is no simulated provider of this name" + (near.empty() ? "." : "; did you mean " + near + "?")));
    }
    const std::string_view command = name.size() == rest.size() ? std::string_view() : rest.substr(name.size() + 1);
    if (command.empty()) {
        if (!get) return exchange.respond(http::problem(405, "Method not allowed", "POST to /_control/<provider>/<command>."));
        json::Writer w;
        describe(w, *runner);
        return exchange.respond(ok(w.take()));
    }
    if (request.method != "POST") return exchange.respond(http::problem(405, "Method not allowed", "Commands are POST."));
    std::string arguments = request.body.empty() ? "{}" : request.body;
    const auto shared = std::make_shared<http::Exchange>(std::move(exchange));
    runner->command(std::string(command), std::move(arguments),
                    [shared](CommandResult result) { shared->respond(answer_of(std::move(result))); });
}

} // namespace gh::sandbox
