#include "core/cli/api.hpp"

#include "core/base/version.hpp"

namespace gh::cli {

namespace {

constexpr size_t k_page = 500;
constexpr size_t k_answer = 256u << 20; // an event shown whole carries its request and its document

/// An address to listen on as one to dial.
std::string dialled(const config::Listen& listen) {
    config::Listen to = listen;
    if (to.host == "0.0.0.0" || to.host == "*" || to.host.empty()) to.host = "127.0.0.1";
    if (to.host == "::") to.host = "::1";
    return (to.tls ? "https://" : "http://") + to.text();
}

egress::Client::Options options(const Context& c) {
    egress::Client::Options o;
    o.user_agent = "Gatehouse/" + std::string(k_version) + " (command line)";
    o.thread_name = "cli";
    o.ca_file = c.terminal.environment("GATEHOUSE_CA_FILE").value_or("");
    return o;
}

std::shared_ptr<const egress::Policy> policy_for(const std::string& url) {
    auto rule = egress::rule_for(url);
    if (!rule) usage("the admin address " + url + " is no URL: " + rule.error().message);
    return std::make_shared<egress::Policy>(std::vector<egress::Rule>{std::move(*rule)});
}

std::string problem_text(const egress::Response& r) {
    if (const auto parsed = json::parse(r.body); parsed && parsed->kind == json::Kind::object) {
        std::string out(parsed->text_of("title"));
        if (const auto detail = parsed->text_of("detail"); !detail.empty()) (out += out.empty() ? "" : ": ") += detail;
        if (!out.empty()) return out;
    }
    return "the server answered " + std::to_string(r.status);
}

} // namespace

Address admin_address(const Context& c) {
    Address out;
    const auto token = c.terminal.environment("GATEHOUSE_ADMIN_TOKEN");
    std::string given = c.get("--admin");
    if (given.empty()) given = c.terminal.environment("GATEHOUSE_ADMIN").value_or("");
    if (!given.empty()) {
        out.url = given.find("://") == std::string::npos ? "http://" + given : given;
        while (out.url.ends_with('/')) out.url.pop_back();
        out.token = Secret(token.value_or(""));
        return out;
    }
    const auto file = c.config_file();
    auto config = config::load(file, c.terminal.environment);
    if (!config) throw Failure{2, config.error().message + "\n(or name the server with --admin URL)"};
    out.url = dialled((*config)->server.admin);
    out.token = token && !token->empty() ? Secret(*token) : (*config)->server.admin_token.clone();
    return out;
}

std::string unreachable(const std::string& url, const std::string& cause) {
    return "cannot reach the server at " + url + " (" + cause + "). Start it with \"gatehouse serve\", or name another with --admin URL.";
}

std::string url_encode(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            out += c;
        else
            ((out += '%') += digits[static_cast<uint8_t>(c) >> 4]) += digits[c & 15];
    }
    return out;
}

Query& Query::add(std::string_view name, std::string_view value) {
    if (!value.empty()) (((text_ += text_.empty() ? '?' : '&') += name) += '=') += url_encode(value);
    return *this;
}

Api::Api(const Context& c)
    : address_(admin_address(c)),
      quiet_(Level::error, [](std::string_view) {}),
      policy_(policy_for(address_.url)),
      client_(options(c), quiet_) {}

std::string Api::send(egress::Request request) {
    request.url = address_.url + request.url;
    request.max_response = k_answer;
    if (!address_.token.empty()) request.fields.push_back({"Authorization", "Bearer " + std::string(address_.token.reveal())});
    const egress::Response r = client_.send_and_wait(std::move(request), policy_);
    if (r.failure != egress::Failure::none) {
        const std::string cause = r.error.empty() ? std::string(egress::to_text(r.failure)) : r.error;
        throw Failure{3, unreachable(address_.url, cause)};
    }
    if (r.status >= 200 && r.status < 300) return r.body;
    if (r.status == 401)
        throw Failure{
            2, "the server at " + address_.url + " wants a token: set GATEHOUSE_ADMIN_TOKEN, or use the configuration file it runs with."};
    throw Failure{r.status == 400 || r.status == 403 ? 2 : 1, problem_text(r)};
}

std::string Api::get(const std::string& path_and_query) {
    egress::Request request;
    request.url = path_and_query;
    return send(std::move(request));
}

std::string Api::post(const std::string& path, const std::string& body) {
    egress::Request request;
    request.method = "POST";
    request.url = path;
    request.body = body;
    request.timeout = Millis(120'000); // verifying a quarantine again takes its time
    if (!body.empty()) request.fields.push_back({"Content-Type", "application/json"});
    return send(std::move(request));
}

namespace {

json::Value parsed(const std::string& body) {
    auto value = json::parse(body);
    if (!value) throw Failure{1, "the server's answer is " + value.error().message + ": is this a Gatehouse admin address?"};
    return std::move(*value);
}

} // namespace

json::Value Api::get(const std::string& path_and_query, std::string& body) {
    body = get(path_and_query);
    return parsed(body);
}

json::Value Api::post(const std::string& path, const std::string& request, std::string& body) {
    body = post(path, request);
    return parsed(body);
}

void Api::each(const std::string& path, const Query& query, size_t limit, const std::function<void(const json::Value&)>& take) {
    for (std::string cursor; limit > 0;) {
        Query page = query;
        page.add("limit", std::to_string(std::min(limit, k_page))).add("cursor", cursor);
        std::string body;
        const json::Value list = get(path + page.text(), body);
        const json::Value* items = list.find("items");
        if (!items) throw Failure{1, "the server's answer is no list: is this a Gatehouse admin address?"};
        for (const auto& item : items->items) {
            if (limit-- == 0) return;
            take(item);
        }
        cursor = list.text_of("next");
        if (cursor.empty()) return;
    }
}

} // namespace gh::cli
