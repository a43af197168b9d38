// The secret settings of one source: their bytes, and HMAC keys made ready at open so that a verification costs only the hashing.
#pragma once

#include "core/base/crypto.hpp"
#include "core/base/secret.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gh::plugin {

/// One key for HMAC-SHA1, -SHA256 and -SHA512 (RFC 2104) with both pads already hashed: immutable, any thread, wiped at the end.
class HmacKey {
public:
    explicit HmacKey(std::string_view key);
    ~HmacKey();
    HmacKey(const HmacKey&) = delete;
    HmacKey& operator=(const HmacKey&) = delete;

    static size_t digest_size(HashAlgorithm);
    /// Writes digest_size() bytes. No allocation, no lock.
    void sign(HashAlgorithm, std::span<const std::string_view> parts, uint8_t* out) const;

private:
    struct Pads;
    std::unique_ptr<Pads> pads_;
};

/// How the bytes of a secret become a key; same order as GATEHOUSE_KEY_*.
enum class KeyForm { raw, whsec, hex };

/// Filled while a source is opened, immutable afterwards; any thread.
class Secrets {
public:
    /// Adds one more value of the setting `name`, which must not be empty.
    void add(std::string_view name, Secret value);

    /// A setting with that many values, asked for when one of them is first needed: once, by whoever comes first; the others wait.
    using Loader = std::function<std::vector<Secret>(const std::string& name)>;
    void add_later(std::string_view name, uint32_t count, Loader);

    /// Removes all values of the setting.
    void drop(std::string_view name);

    /// Each setting and how many values it has.
    std::vector<std::pair<std::string, uint32_t>> counts() const;
    /// Why the first value cannot stand in a header line, else empty: not set, or it holds a line break. Values that are asked for later
    /// are not looked at.
    std::string header_fault(std::string_view name) const;

    uint32_t count(std::string_view name) const;
    /// Null when there is no such value.
    const Secret* value(std::string_view name, uint32_t index) const;
    /// The key in that form; null when there is no such value or it does not decode (check value() first to tell them apart).
    const HmacKey* key(std::string_view name, uint32_t index, KeyForm) const;

private:
    struct Value {
        Secret bytes;
        std::array<std::unique_ptr<HmacKey>, 3> keys;
    };
    struct Later {
        uint32_t count;
        Loader load;
        std::once_flag once;
    };
    struct Setting {
        std::string name;
        mutable std::vector<Value> values;
        std::unique_ptr<Later> later;
    };
    static Value made(Secret);
    const Value* find(std::string_view name, uint32_t index) const;
    std::vector<Setting> settings_; ///< few: searched in line
};

} // namespace gh::plugin
