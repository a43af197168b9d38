// The services that the small host gives to one source: clock, secrets, HMAC, state, log.
#pragma once

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <gatehouse/explain.hpp>

#include <cstring>
#include <map>
#include <optional>
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
    bool listens = false; ///< whether it has gatehouse.explain/1
    std::vector<std::pair<std::string, std::string>> said;

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
    static const void* get_interface(void* c, gatehouse_text id) {
        return self(c).listens && text(id) == GATEHOUSE_EXPLAIN_ID ? &self(c).explain_ : nullptr;
    }
    static void say(void* c, gatehouse_text title, gatehouse_bytes detail) { self(c).said.emplace_back(text(title), text(detail)); }

    gatehouse_explain explain_{sizeof(gatehouse_explain), 0, this, &say};

    gatehouse_host abi_{sizeof(gatehouse_host), GATEHOUSE_ABI_MINOR, this, &log, &fail, &clock, &secret_count, &secret, &hmac, &get_state,
                        &get_interface};
};

} // namespace fake
