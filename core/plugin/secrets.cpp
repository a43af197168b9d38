// The digest contexts of OpenSSL's plain API are copied as values: a keyed EVP_MAC context would need an allocation or a cache per thread
// that outlives the source with its key inside.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/plugin/secrets.hpp"

#include "core/base/encoding.hpp"
#include "core/plugin/border.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

namespace gh::plugin {

namespace {

struct Sha1 {
    using Context = SHA_CTX;
    static constexpr size_t block = 64, size = 20;
    static void begin(Context& c) { SHA1_Init(&c); }
    static void add(Context& c, const void* data, size_t n) { SHA1_Update(&c, data, n); }
    static void end(Context& c, uint8_t* out) { SHA1_Final(out, &c); }
};

struct Sha256 {
    using Context = SHA256_CTX;
    static constexpr size_t block = 64, size = 32;
    static void begin(Context& c) { SHA256_Init(&c); }
    static void add(Context& c, const void* data, size_t n) { SHA256_Update(&c, data, n); }
    static void end(Context& c, uint8_t* out) { SHA256_Final(out, &c); }
};

struct Sha512 {
    using Context = SHA512_CTX;
    static constexpr size_t block = 128, size = 64;
    static void begin(Context& c) { SHA512_Init(&c); }
    static void add(Context& c, const void* data, size_t n) { SHA512_Update(&c, data, n); }
    static void end(Context& c, uint8_t* out) { SHA512_Final(out, &c); }
};

template <class Hash>
struct PadPair {
    typename Hash::Context inner, outer;

    explicit PadPair(std::string_view key) {
        uint8_t block[Hash::block] = {};
        if (key.size() > sizeof block) {
            typename Hash::Context context;
            Hash::begin(context);
            Hash::add(context, key.data(), key.size());
            Hash::end(context, block);
        } else {
            std::memcpy(block, key.data(), key.size());
        }
        for (auto& byte : block) byte ^= 0x36;
        Hash::begin(inner);
        Hash::add(inner, block, sizeof block);
        for (auto& byte : block) byte ^= 0x36 ^ 0x5c;
        Hash::begin(outer);
        Hash::add(outer, block, sizeof block);
        OPENSSL_cleanse(block, sizeof block);
    }

    void sign(std::span<const std::string_view> parts, uint8_t* out) const {
        auto context = inner;
        for (const auto part : parts) Hash::add(context, part.data(), part.size());
        uint8_t digest[Hash::size];
        Hash::end(context, digest);
        context = outer;
        Hash::add(context, digest, sizeof digest);
        Hash::end(context, out);
        OPENSSL_cleanse(&context, sizeof context);
    }
};

} // namespace

struct HmacKey::Pads {
    PadPair<Sha1> sha1;
    PadPair<Sha256> sha256;
    PadPair<Sha512> sha512;
    explicit Pads(std::string_view key) : sha1(key), sha256(key), sha512(key) {}
};

HmacKey::HmacKey(std::string_view key) : pads_(std::make_unique<Pads>(key)) {}
HmacKey::~HmacKey() {
    OPENSSL_cleanse(pads_.get(), sizeof(Pads));
}

size_t HmacKey::digest_size(HashAlgorithm algorithm) {
    return algorithm == HashAlgorithm::sha1 ? Sha1::size : algorithm == HashAlgorithm::sha256 ? Sha256::size : Sha512::size;
}

void HmacKey::sign(HashAlgorithm algorithm, std::span<const std::string_view> parts, uint8_t* out) const {
    switch (algorithm) {
        case HashAlgorithm::sha1:
            return pads_->sha1.sign(parts, out);
        case HashAlgorithm::sha256:
            return pads_->sha256.sign(parts, out);
        case HashAlgorithm::sha512:
            return pads_->sha512.sign(parts, out);
    }
}

void Secrets::add(std::string_view name, Secret value) {
    Setting* setting = nullptr;
    for (auto& one : settings_)
        if (one.name == name) setting = &one;
    if (!setting) setting = &settings_.emplace_back(Setting{std::string(name), {}, {}});
    setting->values.push_back(made(std::move(value)));
}

Secrets::Value Secrets::made(Secret value) {
    Value entry;
    const auto bytes = value.reveal();
    entry.keys[0] = std::make_unique<HmacKey>(bytes);
    // An empty key would let anybody sign: it counts as one that does not decode.
    const auto decoded = [](std::optional<std::string> key) -> std::unique_ptr<HmacKey> {
        if (!key || key->empty()) return nullptr;
        auto made = std::make_unique<HmacKey>(*key);
        OPENSSL_cleanse(key->data(), key->size());
        return made;
    };
    constexpr std::string_view prefix = "whsec_";
    entry.keys[1] = decoded(from_base64_lenient(bytes.starts_with(prefix) ? bytes.substr(prefix.size()) : bytes));
    entry.keys[2] = decoded(from_hex(bytes));
    entry.bytes = std::move(value);
    return entry;
}

void Secrets::add_later(std::string_view name, uint32_t count, Loader load) {
    auto& setting = settings_.emplace_back(Setting{std::string(name), {}, std::make_unique<Later>()});
    setting.later->count = count;
    setting.later->load = std::move(load);
}

std::vector<std::pair<std::string, uint32_t>> Secrets::counts() const {
    std::vector<std::pair<std::string, uint32_t>> out;
    for (const auto& setting : settings_) out.emplace_back(setting.name, count(setting.name));
    return out;
}

std::string Secrets::header_fault(std::string_view name) const {
    for (const auto& setting : settings_) {
        if (setting.name != name) continue;
        if (setting.later) return setting.later->count > 0 ? "" : "is not set";
        if (setting.values.empty()) break;
        return check_field("X", setting.values[0].bytes.reveal()).empty() ? "" : "holds a line break or is too long for a header";
    }
    return "is not set";
}

void Secrets::drop(std::string_view name) {
    std::erase_if(settings_, [&](const Setting& s) { return s.name == name; });
}

const Secrets::Value* Secrets::find(std::string_view name, uint32_t index) const {
    for (const auto& setting : settings_)
        if (setting.name == name) {
            if (auto* later = setting.later.get(); later && index < later->count)
                std::call_once(later->once, [&] {
                    for (auto& value : later->load(setting.name)) setting.values.push_back(made(std::move(value)));
                });
            return index < setting.values.size() ? &setting.values[index] : nullptr;
        }
    return nullptr;
}

uint32_t Secrets::count(std::string_view name) const {
    for (const auto& setting : settings_)
        if (setting.name == name) return setting.later ? setting.later->count : static_cast<uint32_t>(setting.values.size());
    return 0;
}

const Secret* Secrets::value(std::string_view name, uint32_t index) const {
    const Value* found = find(name, index);
    return found ? &found->bytes : nullptr;
}

const HmacKey* Secrets::key(std::string_view name, uint32_t index, KeyForm form) const {
    const Value* found = find(name, index);
    return found ? found->keys[static_cast<size_t>(form)].get() : nullptr;
}

} // namespace gh::plugin
