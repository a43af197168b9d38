// A host small enough to see through: it implements the plugin ABI for tests, records what plugins say and answers what the test wants.
// No input or output. Its services are in fake_services.hpp, requests and answers in fake_request.hpp, jobs in fake_job.hpp.
#pragma once

#include <gatehouse/abi.h>

#include <nlohmann/json.hpp>

#include <dlfcn.h>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/fake_request.hpp"
#include "tests/plugins/fake_services.hpp"

namespace fake {

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
    /// prepare: changes the host before the source is opened.
    Source(const Plugin& plugin, std::string_view settings, gatehouse_status refuse = GATEHOUSE_OK, std::string_view path = "/sample",
           const std::function<void(Host&)>& prepare = {})
        : refuse_enrolling(refuse), plugin_(plugin) {
        if (prepare) prepare(host);
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
    void take(nlohmann::json& json, const std::string& name, const nlohmann::json& rule, const std::string& prefix = {}) {
        if (rule.value("writeOnly", false)) {
            if (!json.contains(name)) return;
            auto& values = host.secrets[prefix + name];
            if (json[name].is_array())
                for (const auto& v : json[name]) values.push_back(v.get<std::string>());
            else
                values.push_back(json[name].get<std::string>());
            json.erase(name);
        } else if (!json.contains(name)) {
            if (rule.contains("default")) json[name] = rule["default"];
        } else {
            inside(json[name], rule, prefix + name + "/");
        }
    }
    /// Nested secrets are named by their JSON Pointer without the leading slash.
    void inside(nlohmann::json& json, const nlohmann::json& rule, const std::string& prefix) {
        if (json.is_object() && rule.contains("properties"))
            for (const auto& [name, inner] : rule["properties"].items()) take(json, name, inner, prefix);
        if (json.is_array() && rule.contains("items"))
            for (size_t i = 0; i < json.size(); ++i) inside(json[i], rule["items"], prefix + std::to_string(i) + "/");
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
