// The host's services, as a source sees them.
#pragma once

#include <gatehouse/types.hpp>

#include <array>
#include <new>
#include <span>

namespace gatehouse {

enum class log_level : int32_t {
    debug = GATEHOUSE_LOG_DEBUG,
    info = GATEHOUSE_LOG_INFO,
    warning = GATEHOUSE_LOG_WARNING,
    error = GATEHOUSE_LOG_ERROR
};
enum class hmac_algorithm : int32_t { sha1 = GATEHOUSE_HMAC_SHA1, sha256 = GATEHOUSE_HMAC_SHA256, sha512 = GATEHOUSE_HMAC_SHA512 };
enum class key_form : int32_t { raw = GATEHOUSE_KEY_RAW, whsec = GATEHOUSE_KEY_WHSEC, hex = GATEHOUSE_KEY_HEX };

/// Copyable handle; valid as long as the source. Every function: any thread.
class host {
public:
    explicit host(const gatehouse_host* h) : h_(h) {}

    /// Tagged by the host with plugin, version and source. Never pass secrets.
    void log(log_level level, std::string_view message) const { h_->log(h_->context, static_cast<int32_t>(level), to_text(message)); }
    void info(std::string_view message) const { log(log_level::info, message); }
    void warning(std::string_view message) const { log(log_level::warning, message); }

    /// Why the call under way fails. The trampolines call this for exceptions; plugins rarely need it.
    void fail(std::string_view text) const noexcept { h_->fail(h_->context, to_text(text)); }

    /// The host's clock: not the system's, since requests are verified offline with a set time.
    time_point now() const { return time_point(milliseconds(h_->now(h_->context))); }

    /// Values of a secret setting; several during a rotation, 0 when not set.
    uint32_t secret_count(std::string_view name) const { return h_->secret_count(h_->context, to_text(name)); }

    /// The bytes of one value. Prefer hmac() and http::request::secret_header, which leave the bytes with the host.
    std::optional<std::string> secret(std::string_view name, uint32_t index = 0) const {
        std::string out;
        string_sink sink(out);
        const gatehouse_sink s = sink.abi();
        const gatehouse_status status = h_->secret(h_->context, to_text(name), index, &s);
        sink.check();
        if (status != GATEHOUSE_OK) return std::nullopt;
        return out;
    }

    /// HMAC (RFC 2104) over the parts joined. Empty when there is no such value or it does not decode as `form`.
    std::optional<std::string> hmac(hmac_algorithm algorithm, key_form form, std::string_view secret_name, uint32_t index,
                                    std::span<const std::string_view> parts) const {
        std::vector<gatehouse_bytes> abi;
        abi.reserve(parts.size());
        for (std::string_view p : parts) abi.push_back(to_bytes(p));
        std::array<uint8_t, 64> out{};
        const size_t size = algorithm == hmac_algorithm::sha1 ? 20 : algorithm == hmac_algorithm::sha256 ? 32 : 64;
        const gatehouse_status status = h_->hmac(h_->context, static_cast<int32_t>(algorithm), static_cast<int32_t>(form),
                                                 to_text(secret_name), index, abi.data(), abi.size(), out.data(), out.size());
        if (status != GATEHOUSE_OK) return std::nullopt;
        return std::string(reinterpret_cast<const char*>(out.data()), size);
    }

    /// One value of the source's state: memory, no waiting. Written by co_await put_state(…) and by results with state.
    std::optional<std::string> get_state(std::string_view key) const {
        std::string out;
        string_sink sink(out);
        const gatehouse_sink s = sink.abi();
        const gatehouse_status status = h_->get_state(h_->context, to_text(key), &s);
        sink.check();
        if (status == GATEHOUSE_NOT_FOUND) return std::nullopt;
        if (status != GATEHOUSE_OK) throw failure::retry("state \"" + std::string(key) + "\" cannot be read");
        return out;
    }

    const gatehouse_host* abi() const { return h_; }

private:
    const gatehouse_host* h_;
};

} // namespace gatehouse
