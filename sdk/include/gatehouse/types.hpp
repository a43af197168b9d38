// Small values shared by the whole C++ layer: text views over the ABI's, times, failures.
//
// The C++ layer is header-only and compiled into the plugin: nothing of it crosses the border, so plugin and host may be built with
// different compilers and standard libraries. It needs C++20 with coroutines (gcc 11, clang 14), and works without RTTI.
#pragma once

#include <gatehouse/abi.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse {

using milliseconds = std::chrono::milliseconds;
using time_point = std::chrono::sys_time<milliseconds>;

inline std::string_view to_view(gatehouse_text t) {
    return t.data ? std::string_view(t.data, t.size) : std::string_view();
}
inline std::string_view to_view(gatehouse_bytes b) {
    return b.data ? std::string_view(reinterpret_cast<const char*>(b.data), b.size) : std::string_view();
}
inline gatehouse_text to_text(std::string_view s) {
    return {s.data(), s.size()};
}
inline gatehouse_bytes to_bytes(std::string_view s) {
    return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

inline int64_t to_abi(std::optional<time_point> t) {
    return t ? t->time_since_epoch().count() : GATEHOUSE_NO_TIME;
}
inline std::optional<time_point> from_abi_time(int64_t t) {
    return t == GATEHOUSE_NO_TIME ? std::nullopt : std::optional(time_point(milliseconds(t)));
}

/// A sink that appends to a string. An allocation that fails is remembered, not thrown through the host.
class string_sink {
public:
    explicit string_sink(std::string& out) : out_(out) {}
    gatehouse_sink abi() { return {this, &write}; }
    /// Throws std::bad_alloc when a write could not be kept.
    void check() const {
        if (lost_) throw std::bad_alloc();
    }

private:
    static void write(void* self, const void* data, size_t size) noexcept {
        auto& sink = *static_cast<string_sink*>(self);
        try {
            sink.out_.append(static_cast<const char*>(data), size);
        } catch (...) {
            sink.lost_ = true;
        }
    }
    std::string& out_;
    bool lost_ = false;
};

/// How a job fails: `co_return failure::retry("…")` in any job with a value, `throw failure::retry("…")` anywhere below one. Thrown, it
/// travels up through awaited jobs until someone catches it; at the top it becomes turn.fail. The text is for operators: what, where, what
/// to do; never a secret.
class failure : public std::exception {
public:
    enum class kind : int32_t { retry = GATEHOUSE_FAIL_RETRY, refused = GATEHOUSE_FAIL_REFUSED, invalid = GATEHOUSE_FAIL_INVALID };

    failure(kind k, std::string text, milliseconds retry_after = milliseconds(0))
        : kind_(k), text_(std::move(text)), retry_after_(retry_after) {}
    /// Passing trouble: network, 429, 5xx. `after`: what the provider asked for; 0 = the host's own schedule.
    static failure retry(std::string text, milliseconds after = milliseconds(0)) { return {kind::retry, std::move(text), after}; }
    /// The provider refuses us: needs the operator; tried again, rarely.
    static failure refused(std::string text) { return {kind::refused, std::move(text)}; }
    /// The answer or the event makes no sense: trying again will not help.
    static failure invalid(std::string text) { return {kind::invalid, std::move(text)}; }

    kind type() const { return kind_; }
    const std::string& text() const { return text_; }
    milliseconds retry_after() const { return retry_after_; }
    const char* what() const noexcept override { return text_.c_str(); }

private:
    kind kind_;
    std::string text_;
    milliseconds retry_after_;
};

/// Thrown by a source's constructor or enroll: a setting is wrong. The operator reads "<setting>: <text>".
class setting_error : public std::exception {
public:
    setting_error(std::string_view setting, std::string_view text) : text_(std::string(setting) + ": " + std::string(text)) {}
    const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

/// One header field of an answer, or of a refusal. Constructed, never an aggregate: see job.hpp.
class header {
public:
    header(std::string_view name, std::string_view value) : name_(name), value_(value) {}
    const std::string& name() const { return name_; }
    const std::string& value() const { return value_; }

private:
    std::string name_, value_;
};

/// One change of the source's state. Without a value the key is removed.
class state_change {
public:
    state_change(std::string_view key, std::string_view value) : key_(key), value_(value) {}
    static state_change remove(std::string_view key) { return state_change(key); }
    const std::string& key() const { return key_; }
    const std::optional<std::string>& value() const { return value_; }

private:
    explicit state_change(std::string_view key) : key_(key) {}
    std::string key_;
    std::optional<std::string> value_;
};

inline std::vector<gatehouse_header> to_abi(const std::vector<header>& headers) {
    std::vector<gatehouse_header> out;
    out.reserve(headers.size());
    for (const auto& h : headers) out.push_back({to_text(h.name()), to_text(h.value())});
    return out;
}

inline std::vector<gatehouse_state_entry> to_abi(const std::vector<state_change>& changes) {
    static constexpr uint8_t empty = 0; // an empty value is not a removed key
    std::vector<gatehouse_state_entry> out;
    out.reserve(changes.size());
    for (const auto& c : changes) {
        gatehouse_bytes value{nullptr, 0};
        if (c.value()) value = c.value()->empty() ? gatehouse_bytes{&empty, 0} : to_bytes(*c.value());
        out.push_back({to_text(c.key()), value});
    }
    return out;
}

/// ASCII only, as field names (RFC 9110 section 5.1), schemes and host names compare.
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

/// The text with everything that is not printable ASCII replaced, cut after `limit` bytes: for provider text in errors and logs.
inline std::string printable(std::string_view s, size_t limit = 120) {
    std::string out;
    for (char c : s.substr(0, limit)) out += c >= 0x20 && c < 0x7f ? c : '?';
    if (s.size() > limit) out += "...";
    return out;
}

} // namespace gatehouse
