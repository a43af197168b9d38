// A host small enough to see through: it implements the plugin ABI for tests, records what plugins say and answers what the test wants.
// Single-threaded, no input or output. Jobs are in fake_job.hpp.
#pragma once

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <gatehouse/abi.h>

#include <nlohmann/json.hpp>

#include <cstring>
#include <dlfcn.h>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/fake_job.hpp"

namespace fake {

/// The services of a host to one source. Address must stay.
class Host {
public:
    int64_t now = 1'600'000'000'000;
    std::map<std::string, std::vector<std::string>, std::less<>> secrets;
    std::map<std::string, std::string, std::less<>> state;
    std::vector<std::string> logs;
    std::string reason; ///< last text given to fail()
    bool hmac_broken = false;

    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    const gatehouse_host* abi() const { return &abi_; }

private:
    static Host& self(void* c) { return *static_cast<Host*>(c); }
    static void log(void* c, int32_t, gatehouse_text t) { self(c).logs.emplace_back(text(t)); }
    static void fail(void* c, gatehouse_text t) { self(c).reason = text(t); }
    static int64_t clock(void* c) { return self(c).now; }
    static const std::string* find(void* c, gatehouse_text name, uint32_t index) {
        const auto i = self(c).secrets.find(text(name));
        return i == self(c).secrets.end() || index >= i->second.size() ? nullptr : &i->second[index];
    }
    static uint32_t secret_count(void* c, gatehouse_text name) {
        const auto i = self(c).secrets.find(text(name));
        return i == self(c).secrets.end() ? 0 : static_cast<uint32_t>(i->second.size());
    }
    static gatehouse_status secret(void* c, gatehouse_text name, uint32_t index, const gatehouse_sink* out) {
        const std::string* value = find(c, name, index);
        if (!value) return GATEHOUSE_NOT_FOUND;
        // In two pieces: a sink is written to any number of times.
        out->write(out->context, value->data(), value->size() / 2);
        out->write(out->context, value->data() + value->size() / 2, value->size() - value->size() / 2);
        return GATEHOUSE_OK;
    }
    static gatehouse_status hmac(void* c, int32_t algorithm, int32_t form, gatehouse_text name, uint32_t index,
                                 const gatehouse_bytes* parts, size_t count, uint8_t* out, size_t size) {
        const std::string* value = find(c, name, index);
        if (!value) return GATEHOUSE_NOT_FOUND;
        std::optional<std::string> key = *value;
        if (form == GATEHOUSE_KEY_WHSEC) key = gh::from_base64_lenient(value->rfind("whsec_", 0) == 0 ? value->substr(6) : *value);
        if (form == GATEHOUSE_KEY_HEX) key = gh::from_hex(*value);
        if (!key || self(c).hmac_broken) return GATEHOUSE_INVALID;
        const auto hash = algorithm == GATEHOUSE_HMAC_SHA1     ? gh::HashAlgorithm::sha1
                          : algorithm == GATEHOUSE_HMAC_SHA256 ? gh::HashAlgorithm::sha256
                                                               : gh::HashAlgorithm::sha512;
        std::vector<std::string_view> views;
        for (size_t i = 0; i < count; ++i) views.emplace_back(reinterpret_cast<const char*>(parts[i].data), parts[i].size);
        uint8_t digest[64];
        const size_t length = gh::hmac(hash, *key, views, digest);
        if (length > size) return GATEHOUSE_INVALID;
        std::memcpy(out, digest, length);
        return GATEHOUSE_OK;
    }
    static gatehouse_status get_state(void* c, gatehouse_text key, const gatehouse_sink* out) {
        const auto i = self(c).state.find(text(key));
        if (i == self(c).state.end()) return GATEHOUSE_NOT_FOUND;
        out->write(out->context, i->second.data(), i->second.size());
        return GATEHOUSE_OK;
    }
    static const void* get_interface(void*, gatehouse_text) { return nullptr; }

    gatehouse_host abi_{sizeof(gatehouse_host), GATEHOUSE_ABI_MINOR, this, &log, &fail, &clock, &secret_count, &secret, &hmac, &get_state,
                        &get_interface};
};

/// A request with its ABI form; the view is valid as long as the object stays where it is.
struct Request {
    std::string method = "POST", target = "/sample", path, query, body, remote = "192.0.2.1";
    std::vector<std::pair<std::string, std::string>> headers;
    int64_t received_at = 0;

    /// Raw HTTP/1.1; line ends LF or CRLF in the head. `base` is cut from the target's path.
    static Request parse(std::string_view raw, std::string_view base = "/sample") {
        Request r;
        bool first = true;
        while (true) {
            const size_t end = raw.find('\n');
            if (end == std::string_view::npos) throw std::runtime_error("a request without end of head");
            std::string_view line = raw.substr(0, end);
            raw.remove_prefix(end + 1);
            if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
            if (line.empty()) break;
            if (first) {
                const size_t a = line.find(' '), b = line.rfind(' ');
                r.method = line.substr(0, a);
                r.target = line.substr(a + 1, b - a - 1);
            } else {
                const size_t colon = line.find(':');
                std::string_view value = line.substr(colon + 1);
                while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
                r.headers.emplace_back(line.substr(0, colon), value);
            }
            first = false;
        }
        r.body = raw;
        const size_t question = r.target.find('?');
        const std::string path = r.target.substr(0, question);
        if (question != std::string::npos) r.query = r.target.substr(question + 1);
        if (path.compare(0, base.size(), base) != 0) throw std::runtime_error("not below " + std::string(base));
        r.path = path.substr(base.size());
        return r;
    }
    Request& set(std::string_view name, std::string_view value) {
        for (auto& h : headers)
            if (h.first == name) {
                h.second = value;
                return *this;
            }
        headers.emplace_back(name, value);
        return *this;
    }
    const gatehouse_request* abi() {
        fields_.clear();
        for (const auto& [name, value] : headers) fields_.push_back({text(name), text(value)});
        abi_ = {sizeof(abi_),   0,           text(method), text(target), text(path), text(query), fields_.data(),
                fields_.size(), bytes(body), text(remote), received_at};
        return &abi_;
    }

private:
    std::vector<gatehouse_header> fields_;
    gatehouse_request abi_{};
};

/// What a verifier or a route answered. `calls` is 1 for a good plugin.
struct Answer {
    gatehouse_status status = GATEHOUSE_FAILED;
    int calls = 0;
    std::string kind; ///< "accept", "refuse", "need", "event", "respond", "job"
    // accept
    uint32_t trust = 0;
    int64_t signed_at = GATEHOUSE_NO_TIME, tolerance_past = 0, tolerance_future = 0;
    std::string replay_id;
    // refuse, respond, event
    int http_status = 0;
    std::string code, hint, body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::map<std::string, std::optional<std::string>> state;
    std::string dedupe_key, type, subject, ordering_key;
    int64_t occurred_at = GATEHOUSE_NO_TIME;
    uint32_t flags = 0;
    std::shared_ptr<Job> job;
};

namespace detail {
inline Answer& answer(void* c) {
    auto& a = *static_cast<Answer*>(c);
    ++a.calls;
    return a;
}
inline gatehouse_status refuse(void* c, const gatehouse_refusal* r) {
    Answer& a = answer(c);
    a.kind = "refuse";
    a.http_status = r->http_status;
    a.code = text(r->code);
    a.hint = text(r->hint);
    a.headers = copy(r->headers, r->header_count);
    return GATEHOUSE_OK;
}
inline gatehouse_status accept(void* c, const gatehouse_acceptance* x) {
    Answer& a = answer(c);
    a.kind = "accept";
    a.trust = x->trust;
    a.signed_at = x->signed_at;
    a.tolerance_past = x->tolerance_past;
    a.tolerance_future = x->tolerance_future;
    a.replay_id = text(x->replay_id);
    return GATEHOUSE_OK;
}
inline gatehouse_status take_job(void* c, const gatehouse_job* j) {
    Answer& a = answer(c);
    a.kind = "job";
    a.job = std::make_shared<Job>(*j);
    return GATEHOUSE_OK;
}
inline gatehouse_status event(void* c, const gatehouse_event* e) {
    Answer& a = answer(c);
    a.kind = "event";
    a.dedupe_key = text(e->dedupe_key);
    a.type = text(e->type);
    a.subject = text(e->subject);
    a.ordering_key = text(e->ordering_key);
    a.occurred_at = e->occurred_at;
    a.http_status = e->http_status;
    a.trust = e->trust;
    a.flags = e->flags;
    return GATEHOUSE_OK;
}
inline gatehouse_status respond(void* c, const gatehouse_response* r) {
    Answer& a = answer(c);
    a.kind = "respond";
    a.http_status = r->http_status;
    a.body = text(r->body);
    a.headers = copy(r->headers, r->header_count);
    a.state = copy(r->state, r->state_count);
    return GATEHOUSE_OK;
}
} // namespace detail

/// A plugin: a file, or the descriptor of one that is linked into the test.
class Plugin {
public:
    explicit Plugin(const std::string& file) : library_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        if (!library_) throw std::runtime_error(dlerror());
        start(reinterpret_cast<gatehouse_plugin_entry>(dlsym(library_, GATEHOUSE_PLUGIN_SYMBOL)));
    }
    explicit Plugin(gatehouse_plugin_entry entry) { start(entry); }
    const gatehouse_plugin* operator->() const { return descriptor_; }

private:
    void start(gatehouse_plugin_entry entry) {
        if (!entry) throw std::runtime_error("no entry function");
        std::string why;
        const gatehouse_hello hello{sizeof(hello), GATEHOUSE_ABI_MINOR, text(std::string_view("1.0.0")), &why,
                                    [](void* c, gatehouse_text t) { *static_cast<std::string*>(c) = text(t); }};
        descriptor_ = entry(&hello);
        if (!descriptor_) throw std::runtime_error("refused: " + why);
    }
    void* library_ = nullptr; // never closed, as in the real host
    const gatehouse_plugin* descriptor_ = nullptr;
};

/// One open source and what it enrolled.
class Source {
public:
    struct Verifier {
        std::string name;
        gatehouse_verify verify;
        void* user;
    };
    struct Route {
        std::string method, path, verifier;
        uint64_t max_body;
        gatehouse_handle handle;
        void* user;
    };
    struct Fetch {
        std::string pattern;
        gatehouse_fetch_begin begin;
        void* user;
    };
    struct Operation {
        std::string name, summary, schema, kind;
        gatehouse_operation_begin begin;
        void* user;
    };
    struct Egress {
        std::string setting, host, path_prefix;
        uint32_t port;
    };

    Host host;
    std::vector<Verifier> verifiers;
    std::vector<Route> routes;
    std::vector<Fetch> fetches;
    std::vector<Operation> operations;
    std::vector<Egress> egress;
    gatehouse_status refuse_enrolling = GATEHOUSE_OK; ///< what the registry answers
    gatehouse_status opened = GATEHOUSE_FAILED, enrolled = GATEHOUSE_FAILED;

    /// settings: JSON object, secrets as plain values; they are taken out and the schema's defaults filled in, as a host does.
    Source(const Plugin& plugin, std::string_view settings, gatehouse_status refuse = GATEHOUSE_OK, std::string_view path = "/sample")
        : refuse_enrolling(refuse), plugin_(plugin) {
        nlohmann::json json = nlohmann::json::parse(settings);
        const auto schema = nlohmann::json::parse(text(plugin->settings_schema));
        if (schema.contains("properties"))
            for (const auto& [name, rule] : schema["properties"].items()) take(json, name, rule);
        const std::string plain = json.dump();
        const gatehouse_settings abi{sizeof(abi), 0, text(std::string_view("test")), text(plain), text(path)};
        opened = plugin->open_source(host.abi(), &abi, &source_);
        if (opened != GATEHOUSE_OK) return;
        const gatehouse_registry registry{sizeof(registry), 0, this, &on_verifier, &on_route, &on_fetch, &on_operation, &on_egress};
        enrolled = plugin->enroll(source_, &registry);
    }
    ~Source() {
        if (opened == GATEHOUSE_OK) plugin_->close_source(source_);
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    Answer verify(Request& r, size_t route = 0) {
        Answer a;
        const gatehouse_verify_answer abi{sizeof(abi), 0, &a, &detail::accept, &detail::refuse, &detail::take_job};
        for (const auto& v : verifiers)
            if (v.name == routes.at(route).verifier) a.status = v.verify(v.user, r.abi(), &abi);
        return a;
    }
    Answer handle(Request& r, const Answer& accepted, size_t route = 0) {
        Answer a;
        const gatehouse_acceptance in{
            sizeof(in), accepted.trust, accepted.signed_at, accepted.tolerance_past, accepted.tolerance_future, text(accepted.replay_id)};
        const gatehouse_handle_answer abi{sizeof(abi), 0, &a, &detail::event, &detail::respond, &detail::take_job, &detail::refuse};
        a.status = routes.at(route).handle(routes.at(route).user, r.abi(), &in, &abi);
        return a;
    }
    /// The job of the first match, as begun for an event whose request and identity the caller gives. Null when nothing matches.
    std::unique_ptr<Job> fetch(Request& r, const std::string& type, const std::string& subject = {}, uint32_t attempt = 1) {
        for (const auto& f : fetches) {
            const bool any = f.pattern == "*" || f.pattern == type;
            const bool prefix =
                f.pattern.size() > 1 && f.pattern.back() == '*' && type.rfind(f.pattern.substr(0, f.pattern.size() - 1), 0) == 0;
            if (!any && !prefix) continue;
            gatehouse_stored_event e{sizeof(e),
                                     attempt,
                                     text(std::string_view("event-1")),
                                     text(type),
                                     text(subject),
                                     text(std::string_view("key-1")),
                                     text(std::string_view()),
                                     host.now,
                                     GATEHOUSE_NO_TIME,
                                     r.abi()};
            gatehouse_job job{};
            const gatehouse_status status = f.begin(f.user, &e, &job);
            if (status != GATEHOUSE_OK) throw std::runtime_error("fetch_back did not begin: " + host.reason);
            return std::make_unique<Job>(job);
        }
        return nullptr;
    }
    std::unique_ptr<Job> operation(std::string_view name, const std::string& arguments) {
        for (const auto& o : operations) {
            if (o.name != name) continue;
            gatehouse_job job{};
            if (o.begin(o.user, text(arguments), &job) != GATEHOUSE_OK) return nullptr;
            return std::make_unique<Job>(job);
        }
        throw std::runtime_error("no operation " + std::string(name));
    }

private:
    void take(nlohmann::json& json, const std::string& name, const nlohmann::json& rule) {
        if (rule.value("writeOnly", false)) {
            if (!json.contains(name)) return;
            auto& values = host.secrets[name];
            if (json[name].is_array())
                for (const auto& v : json[name]) values.push_back(v.get<std::string>());
            else
                values.push_back(json[name].get<std::string>());
            json.erase(name);
        } else if (!json.contains(name) && rule.contains("default")) {
            json[name] = rule["default"];
        }
    }
    static Source& self(void* c) { return *static_cast<Source*>(c); }
    static gatehouse_status on_verifier(void* c, const gatehouse_verifier* v) {
        self(c).verifiers.push_back({text(v->name), v->verify, v->user});
        return self(c).refuse_enrolling;
    }
    static gatehouse_status on_route(void* c, const gatehouse_route* r) {
        self(c).routes.push_back({text(r->method), text(r->path), text(r->verifier), r->max_body, r->handle, r->user});
        return self(c).refuse_enrolling;
    }
    static gatehouse_status on_fetch(void* c, const gatehouse_fetch_back* f) {
        self(c).fetches.push_back({text(f->type_pattern), f->begin, f->user});
        return self(c).refuse_enrolling;
    }
    static gatehouse_status on_operation(void* c, const gatehouse_operation* o) {
        self(c).operations.push_back({text(o->name), text(o->summary), text(o->arguments_schema), text(o->kind), o->begin, o->user});
        return self(c).refuse_enrolling;
    }
    static gatehouse_status on_egress(void* c, const gatehouse_egress* e) {
        self(c).egress.push_back({text(e->setting), text(e->host), text(e->path_prefix), e->port});
        return self(c).refuse_enrolling;
    }

    const Plugin& plugin_;
    void* source_ = nullptr;
};

/// Sends one sample through its plugin: "" when it ends as it should, else what happened instead.
inline std::string check(const Plugin& plugin, const gatehouse_sample& sample) {
    Source source(plugin, text(sample.settings));
    if (source.enrolled != GATEHOUSE_OK) return "the source does not open: " + source.host.reason;
    source.host.now = sample.at;
    Request request = Request::parse(text(sample.request));
    Answer a = source.verify(request);
    if (a.status != GATEHOUSE_OK || a.calls != 1) return "verify failed: " + source.host.reason;
    if (a.kind == "accept" && a.signed_at != GATEHOUSE_NO_TIME) {
        // The window is the host's part.
        if (sample.at - a.signed_at > a.tolerance_past) a.kind = "refuse", a.code = "timestamp_too_old";
        if (a.signed_at - sample.at > a.tolerance_future) a.kind = "refuse", a.code = "timestamp_in_future";
    }
    const std::string code = text(sample.code);
    if (sample.expect == GATEHOUSE_EXPECT_REFUSE)
        return a.kind == "refuse" && a.code == code ? "" : a.kind + " " + a.code + ", expected refuse " + code;
    if (a.kind != "accept") return a.kind + " " + a.code + " (" + a.hint + "), expected accept";
    const Answer h = source.handle(request, a);
    if (h.status != GATEHOUSE_OK || h.calls != 1) return "handle failed: " + source.host.reason;
    return h.kind == "event" && h.type == code ? "" : h.kind + " " + h.type + ", expected event " + code;
}

} // namespace fake
