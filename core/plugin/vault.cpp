#include "core/plugin/vault.hpp"

#include "core/plugin/json.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

std::string about(const std::string& source) {
    return "captured secrets of source " + source;
}

std::string text_of(const Json& object, std::string_view name) {
    const Json* v = object.member(name);
    return v && v->kind == Json::Kind::string ? v->text : std::string();
}

Json text(std::string_view s) {
    Json j;
    j.kind = Json::Kind::string;
    j.text = s;
    return j;
}

Kept copy(const Kept& k) {
    return {k.setting, k.value.clone(), k.at, k.subscription, k.superseded};
}

std::optional<std::vector<Kept>> parse(std::string_view plain) {
    const auto json = Json::parse(plain);
    if (!json || json->kind != Json::Kind::array) return std::nullopt;
    std::vector<Kept> out;
    for (const auto& item : json->items) {
        Kept k{text_of(item, "setting"),
               Secret(text_of(item, "value")),
               parse_rfc3339(text_of(item, "at")).value_or(Time{}),
               text_of(item, "subscription"),
               {}};
        if (const Json* list = item.member("superseded"))
            for (const auto& one : list->items) k.superseded.push_back(one.text);
        out.push_back(std::move(k));
    }
    return out;
}

} // namespace

void Vault::set_key(const Secret& passphrase) {
    const std::lock_guard lock(mutex_);
    key_ = passphrase.empty() ? nullptr : std::make_shared<const SealKey>(passphrase);
}

std::shared_ptr<const SealKey> Vault::key() const {
    const std::lock_guard lock(mutex_);
    return key_;
}

bool Vault::can_keep() const {
    return key() != nullptr;
}

Result<std::vector<Kept>> Vault::read(const std::string& source) const {
    std::vector<Kept> out;
    {
        const std::lock_guard lock(mutex_);
        if (const auto held = held_.find(source); held != held_.end())
            for (const auto& one : held->second) out.push_back(copy(one));
    }
    if (!store_) return out;
    auto entries = store_->state(scope(source));
    if (!entries) return entries.error();
    for (const auto& [name, value] : *entries) {
        if (name != k_key || !value) continue;
        const auto with = key();
        if (!with)
            return Error{"the store holds a secret that the provider gave for source " + source +
                         ", but store.key is not set: set it to the key that it was stored with"};
        const auto plain = with->open(*value, about(source));
        auto kept = plain ? parse(plain->reveal()) : std::nullopt;
        if (!kept)
            return Error{"the secrets that the provider gave for source " + source +
                         " cannot be decrypted: store.key is not the one they were stored with"};
        for (auto& one : *kept) out.push_back(std::move(one));
    }
    return out;
}

std::optional<store::StateChange> Vault::sealed(const std::string& source, const std::vector<Kept>& all) const {
    const auto with = key();
    if (!with) return std::nullopt;
    Json list;
    list.kind = Json::Kind::array;
    for (const auto& k : all) {
        Json item, superseded;
        item.kind = Json::Kind::object;
        superseded.kind = Json::Kind::array;
        for (const auto& one : k.superseded) superseded.items.push_back(text(one));
        item.members.push_back({"setting", text(k.setting)});
        item.members.push_back({"value", text(k.value.reveal())});
        item.members.push_back({"at", text(to_rfc3339(k.at))});
        item.members.push_back({"subscription", text(k.subscription)});
        item.members.push_back({"superseded", std::move(superseded)});
        list.items.push_back(std::move(item));
    }
    const Secret plain(list.write());
    return store::StateChange{k_key, with->seal(plain.reveal(), about(source))};
}

void Vault::hold(const std::string& source, Kept kept) {
    const std::lock_guard lock(mutex_);
    auto& all = held_[source];
    all.insert(all.begin(), std::move(kept));
}

bool Vault::holds(const std::string& source) const {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(source);
    return held != held_.end() && !held->second.empty();
}

void Vault::let_go(const std::string& source) {
    const std::lock_guard lock(mutex_);
    held_.erase(source);
}

std::vector<std::string> Vault::fingerprints(const Secrets& secrets, const std::string& setting) const {
    std::vector<std::string> out;
    if (const auto with = key())
        for (uint32_t i = 0; i < secrets.count(setting); ++i) out.push_back(with->fingerprint(secrets.value(setting, i)->reveal()));
    return out;
}

void Vault::merge(const std::vector<Kept>& kept, Millis overlap, Time now, Secrets& secrets, std::optional<Time>& next) const {
    std::vector<std::string> settings;
    for (const auto& k : kept)
        if (std::find(settings.begin(), settings.end(), k.setting) == settings.end()) settings.push_back(k.setting);
    const auto with = key();
    for (const auto& setting : settings) {
        const Kept& newest = *std::find_if(kept.begin(), kept.end(), [&](const Kept& k) { return k.setting == setting; });
        // What came before `since` was replaced then.
        const auto over = [&](Time since) {
            if (now >= since + overlap) return true;
            next = std::min(next.value_or(Time::max()), since + overlap);
            return false;
        };
        std::vector<Secret> first, last;
        for (uint32_t i = 0; i < secrets.count(setting); ++i) {
            const Secret& value = *secrets.value(setting, i);
            const bool old = !with || std::find(newest.superseded.begin(), newest.superseded.end(), with->fingerprint(value.reveal())) !=
                                          newest.superseded.end();
            if (!old)
                first.push_back(value.clone()); // the operator wrote it after the provider gave the newest one
            else if (!over(newest.at))
                last.push_back(value.clone());
        }
        secrets.drop(setting);
        // The same value often comes twice: written by the operator, and told again by the provider.
        const auto add = [&](const Secret& value) {
            for (uint32_t i = 0; i < secrets.count(setting); ++i)
                if (secrets.value(setting, i)->reveal() == value.reveal()) return;
            secrets.add(setting, value.clone());
        };
        for (const auto& value : first) add(value);
        std::optional<Time> replaced;
        for (const auto& k : kept) {
            if (k.setting != setting) continue;
            if (!replaced || !over(*replaced)) add(k.value);
            replaced = k.at;
        }
        for (const auto& value : last) add(value);
    }
}

} // namespace gh::plugin
