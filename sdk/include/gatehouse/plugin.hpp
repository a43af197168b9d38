// The umbrella of the C++ layer, and GATEHOUSE_PLUGIN: the one exported function and the static descriptor behind it.
#pragma once

#include <gatehouse/source.hpp>
#include <gatehouse/url.hpp>

namespace gatehouse {

/// A recorded request that the conformance check and the tests send through the plugin.
class sample {
public:
    /// settings: JSON object, secrets as plain values. request: raw HTTP/1.1, body byte for byte. at: the clock.
    static sample accept(std::string_view name, std::string_view settings, time_point at, std::string_view request,
                         std::string_view event_type) {
        return {GATEHOUSE_EXPECT_ACCEPT, name, settings, at, request, event_type};
    }
    static sample refuse(std::string_view name, std::string_view settings, time_point at, std::string_view request, std::string_view code) {
        return {GATEHOUSE_EXPECT_REFUSE, name, settings, at, request, code};
    }
    gatehouse_sample abi() const {
        return {sizeof(gatehouse_sample),       expect_,       to_text(name_), to_text(settings_), to_text(request_),
                at_.time_since_epoch().count(), to_text(code_)};
    }

private:
    sample(int32_t expect, std::string_view name, std::string_view settings, time_point at, std::string_view request, std::string_view code)
        : expect_(expect), name_(name), settings_(settings), request_(request), code_(code), at_(at) {}
    int32_t expect_;
    std::string name_, settings_, request_, code_;
    time_point at_;
};

/// Seconds since 1970-01-01T00:00:00Z, as many signatures tell them.
inline time_point at_seconds(int64_t s) {
    return time_point(std::chrono::seconds(s));
}

/// What a plugin says of itself.
struct plugin_info {
    std::string_view name;    ///< [a-z0-9-]{1,40}
    std::string_view version; ///< semantic version
    std::string_view summary; ///< one line
    std::string_view settings_schema = R"({"type":"object","additionalProperties":false})";
    std::vector<sample> (*samples)() = nullptr;
    uint32_t abi_minor_needed = 0; ///< the least host minor it runs on
};

namespace detail {

template <class Source>
class plugin_descriptor {
public:
    explicit plugin_descriptor(const plugin_info& info) : samples_(info.samples ? info.samples() : std::vector<sample>()) {
        for (const auto& s : samples_) abi_samples_.push_back(s.abi());
        for (const auto& s : abi_samples_) pointers_.push_back(&s);
        abi_ = {sizeof(gatehouse_plugin),
                GATEHOUSE_ABI_MINOR,
                info.abi_minor_needed,
                0,
                to_text(info.name),
                to_text(info.version),
                to_text(info.summary),
                to_text(info.settings_schema),
                &open_source,
                &enroll,
                &close_source,
                pointers_.data(),
                pointers_.size()};
    }
    const gatehouse_plugin* abi() const { return &abi_; }

private:
    /// The enrolled functions refer to the source: they go first.
    class opened {
    public:
        opened(gatehouse::host h, const gatehouse_settings& s) : host_(h), source_(h, settings(s)) {}
        gatehouse::host host_;
        Source source_;
        registry::store store_;
    };

    static gatehouse_status open_source(const gatehouse_host* h, const gatehouse_settings* s, void** out) noexcept {
        const host services(h);
        return guarded(services, [&] {
            *out = new opened(services, *s);
            return GATEHOUSE_OK;
        });
    }
    static gatehouse_status enroll(void* source, const gatehouse_registry* r) noexcept {
        auto& o = *static_cast<opened*>(source);
        return guarded(o.host_, [&] {
            registry reg(o.host_, *r, o.store_);
            o.source_.enroll(reg);
            return GATEHOUSE_OK;
        });
    }
    static void close_source(void* source) noexcept { delete static_cast<opened*>(source); }

    std::vector<sample> samples_;
    std::vector<gatehouse_sample> abi_samples_;
    std::vector<const gatehouse_sample*> pointers_;
    gatehouse_plugin abi_{};
};

/// Made once and never freed: the host may hold it until the process ends.
template <class Source>
const gatehouse_plugin* describe(const gatehouse_hello* hello, const plugin_info& info) noexcept {
    try {
        static const auto* const descriptor = new plugin_descriptor<Source>(info);
        return descriptor->abi();
    } catch (const std::exception& e) {
        hello->fail(hello->context, to_text(e.what()));
    } catch (...) {
        hello->fail(hello->context, to_text("an exception of unknown type"));
    }
    return nullptr;
}

} // namespace detail
} // namespace gatehouse

/// Once per plugin, outside any namespace: GATEHOUSE_PLUGIN(source_class, {.name = "…", .version = "…", …})
#define GATEHOUSE_PLUGIN(source_class, ...)                                                                 \
    extern "C" GATEHOUSE_EXPORT const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) { \
        return ::gatehouse::detail::describe<source_class>(hello, ::gatehouse::plugin_info __VA_ARGS__);    \
    }
