// A plugin in C++: a class with a constructor (host, settings) and a member enroll(registry&), and one GATEHOUSE_PLUGIN line.
//
//     class acme {
//     public:
//         acme(gatehouse::host host, const gatehouse::settings& settings);
//         void enroll(gatehouse::registry& registry);
//     };
//     GATEHOUSE_PLUGIN(acme, {.name = "acme", .version = "1.0.0", .summary = "Acme payments", .settings_schema = k_schema})
//
// The object is one source: constructed by open_source, destroyed by close_source after the last of its jobs. Its members are used from
// several worker threads at once: const, or under a lock. Exceptions become statuses with their text and never cross the border.
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/job_frame.hpp>
#include <gatehouse/request.hpp>

#include <algorithm>
#include <functional>

namespace gatehouse {

/// The settings of one source, checked against the schema, defaults filled in, secrets left out (ask the host for those).
class settings {
public:
    explicit settings(const gatehouse_settings& s) : name_(to_view(s.name)), path_(to_view(s.path)), json_(json::parse(to_view(s.json))) {
        if (!json_) throw setting_error("settings", json_.error());
    }
    const std::string& name() const { return name_; } ///< of the source, as configured
    const std::string& path() const { return path_; }
    json::value operator[](std::string_view key) const { return json_[key]; }
    json::value operator[](const char* key) const { return json_[key]; }
    json::value root() const { return json_.root(); }

private:
    std::string name_, path_;
    json::document json_;
};

namespace detail {

/// The host refused something enrolled; its own log says why.
class enroll_refused {
public:
    explicit enroll_refused(gatehouse_status s) : status(s) {}
    gatehouse_status status;
};

/// Runs f; an exception becomes a status and its text the host's reason.
template <class F>
gatehouse_status guarded(const host& h, F&& f) noexcept {
    try {
        return f();
    } catch (const enroll_refused& e) {
        return e.status;
    } catch (const std::exception& e) {
        h.fail(e.what());
    } catch (...) {
        h.fail("an exception of unknown type");
    }
    return GATEHOUSE_FAILED;
}

/// The status with which the host answered to being given a job: one that it did not take is dropped here.
inline gatehouse_status kept(gatehouse_status s, const gatehouse_job& j) {
    if (s != GATEHOUSE_OK) j.drop(j.state);
    return s;
}

/// A function enrolled, at a fixed address for as long as the source.
class enrolled {
public:
    explicit enrolled(gatehouse::host h) : host_(h) {}
    virtual ~enrolled() = default;
    gatehouse::host host_;
};

class enrolled_verifier final : public enrolled {
public:
    enrolled_verifier(gatehouse::host h, std::function<verdict(const request&)> f) : enrolled(h), f_(std::move(f)) {}
    static gatehouse_status call(void* user, const gatehouse_request* r, const gatehouse_verify_answer* a) noexcept {
        const auto& self = *static_cast<enrolled_verifier*>(user);
        return guarded(self.host_, [&] {
            verdict v = self.f_(request(*r));
            if (const auto* accepted = std::get_if<acceptance>(&v)) {
                const gatehouse_acceptance abi = accepted->abi();
                return a->accept(a->context, &abi);
            }
            if (const auto* refused = std::get_if<refusal>(&v))
                return refused->with_abi([&](const gatehouse_refusal* abi) { return a->refuse(a->context, abi); });
            const gatehouse_job j = job_frame::release(std::make_unique<plain_frame>(self.host_, std::get<job<result>>(std::move(v))));
            return kept(a->need(a->context, &j), j);
        });
    }

private:
    std::function<verdict(const request&)> f_;
};

class enrolled_route final : public enrolled {
public:
    enrolled_route(gatehouse::host h, std::function<outcome(const request&, const acceptance&)> f) : enrolled(h), f_(std::move(f)) {}
    static gatehouse_status call(void* user, const gatehouse_request* r, const gatehouse_acceptance* accepted,
                                 const gatehouse_handle_answer* a) noexcept {
        const auto& self = *static_cast<enrolled_route*>(user);
        return guarded(self.host_, [&] {
            outcome o = self.f_(request(*r), acceptance(*accepted));
            if (const auto* e = std::get_if<event>(&o)) {
                gatehouse_event abi = e->abi();
                // An event cannot be better proved than the request that announced it.
                abi.trust = std::max(abi.trust, accepted->trust);
                return a->event(a->context, &abi);
            }
            if (const auto* direct = std::get_if<response>(&o))
                return direct->with_abi([&](const gatehouse_response* abi) { return a->respond(a->context, abi); });
            if (const auto* refused = std::get_if<refusal>(&o))
                return refused->with_abi([&](const gatehouse_refusal* abi) { return a->refuse(a->context, abi); });
            const gatehouse_job j = job_frame::release(std::make_unique<plain_frame>(self.host_, std::get<job<result>>(std::move(o))));
            return kept(a->job(a->context, &j), j);
        });
    }

private:
    std::function<outcome(const request&, const acceptance&)> f_;
};

class enrolled_fetch final : public enrolled {
public:
    enrolled_fetch(gatehouse::host h, std::function<job<result>(const stored_event&)> f) : enrolled(h), f_(std::move(f)) {}
    static gatehouse_status call(void* user, const gatehouse_stored_event* e, gatehouse_job* out) noexcept {
        const auto& self = *static_cast<enrolled_fetch*>(user);
        return guarded(self.host_, [&] {
            *out = job_frame::release(std::make_unique<argument_frame<stored_event>>(self.host_, self.f_, *e));
            return GATEHOUSE_OK;
        });
    }

private:
    std::function<job<result>(const stored_event&)> f_;
};

class enrolled_operation final : public enrolled {
public:
    enrolled_operation(gatehouse::host h, std::function<job<result>(const json::document&)> f) : enrolled(h), f_(std::move(f)) {}
    static gatehouse_status call(void* user, gatehouse_text arguments, gatehouse_job* out) noexcept {
        const auto& self = *static_cast<enrolled_operation*>(user);
        return guarded(self.host_, [&] {
            json::document parsed = json::parse(to_view(arguments));
            if (!parsed) throw failure::invalid("the operation's arguments: " + parsed.error());
            *out = job_frame::release(std::make_unique<argument_frame<json::document>>(self.host_, self.f_, std::move(parsed)));
            return GATEHOUSE_OK;
        });
    }

private:
    std::function<job<result>(const json::document&)> f_;
};

} // namespace detail

/// Where enroll says what the source has. What the host refuses ends enroll at once; the host's log says why.
class registry {
public:
    using store = std::vector<std::unique_ptr<detail::enrolled>>;
    registry(gatehouse::host h, const gatehouse_registry& r, store& s) : host_(h), r_(r), store_(s) {}

    /// Pure, concurrent: same request, settings, state and time, same answer.
    void verifier(std::string_view name, std::function<verdict(const request&)> f) {
        auto* user = keep<detail::enrolled_verifier>(std::move(f));
        const gatehouse_verifier abi{sizeof(abi), 0, to_text(name), &detail::enrolled_verifier::call, user};
        check(r_.verifier(r_.context, &abi));
    }
    /// path: below the source's path, "" or "/…". max_body: bytes, 0 = 1 MiB.
    void route(std::string_view method, std::string_view path, std::string_view verifier,
               std::function<outcome(const request&, const acceptance&)> f, uint64_t max_body = 0) {
        auto* user = keep<detail::enrolled_route>(std::move(f));
        const gatehouse_route abi{
            sizeof(abi), 0, to_text(method), to_text(path), to_text(verifier), max_body, &detail::enrolled_route::call, user};
        check(r_.route(r_.context, &abi));
    }
    /// type_pattern: "*", "transactions.*" or exact; the first enrolled match counts.
    void fetch_back(std::string_view type_pattern, std::function<job<result>(const stored_event&)> f) {
        auto* user = keep<detail::enrolled_fetch>(std::move(f));
        const gatehouse_fetch_back abi{sizeof(abi), 0, to_text(type_pattern), &detail::enrolled_fetch::call, user};
        check(r_.fetch_back(r_.context, &abi));
    }
    /// arguments_schema: JSON Schema, empty = takes none. kind: see gatehouse_operation.
    void operation(std::string_view name, std::string_view summary, std::string_view arguments_schema, std::string_view kind,
                   std::function<job<result>(const json::document&)> f) {
        auto* user = keep<detail::enrolled_operation>(std::move(f));
        const gatehouse_operation abi{
            sizeof(abi), 0, to_text(name), to_text(summary), to_text(arguments_schema), to_text(kind), &detail::enrolled_operation::call,
            user};
        check(r_.operation(r_.context, &abi));
    }
    /// The URL in this setting: its scheme, host, port and path may be reached.
    void egress_setting(std::string_view setting, std::string_view path_prefix = {}) {
        const gatehouse_egress abi{sizeof(abi), 0, to_text(setting), to_text({}), to_text(path_prefix)};
        check(r_.egress(r_.context, &abi));
    }
    /// "api.example.com" or "*.example.com" (one label); https, public addresses only. port 0 = 443.
    void egress_host(std::string_view name, uint32_t port = 0, std::string_view path_prefix = {}) {
        const gatehouse_egress abi{sizeof(abi), port, to_text({}), to_text(name), to_text(path_prefix)};
        check(r_.egress(r_.context, &abi));
    }

private:
    template <class E, class F>
    E* keep(F f) {
        auto owned = std::make_unique<E>(host_, std::move(f));
        E* raw = owned.get();
        store_.push_back(std::move(owned));
        return raw;
    }
    static void check(gatehouse_status s) {
        if (s != GATEHOUSE_OK) throw detail::enroll_refused(s);
    }

    gatehouse::host host_;
    const gatehouse_registry& r_;
    store& store_;
};

} // namespace gatehouse
