// Secrets that a provider gave when something was subscribed: kept encrypted in the store, and put before the configured values of their
// setting when a source is opened.
//
// They lie under "secrets" in the scope "subscriptions:<source>", AES-256-GCM under the configuration's store.key. Without a key nothing
// can be kept: what comes nevertheless is held in memory until the process ends, and the caller is told.
#pragma once

#include "core/base/result.hpp"
#include "core/base/seal.hpp"
#include "core/base/time.hpp"
#include "core/plugin/secrets.hpp"
#include "core/store/store.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gh::plugin {

/// One value that a provider gave.
struct Kept {
    std::string setting;
    Secret value;
    Time at{};
    std::string subscription;            ///< id
    std::vector<std::string> superseded; ///< fingerprints of the configured values at that time: they end with the overlap
};

/// Any thread.
class Vault {
public:
    /// `store` may be null: then there is never anything.
    explicit Vault(store::Store* store) : store_(store) {}

    static std::string scope(const std::string& source) { return "subscriptions:" + source; }
    static constexpr const char* k_key = "secrets";

    /// Of the configuration; empty = none.
    void set_key(const Secret&);
    bool can_keep() const;

    /// Newest first. The error when they are there but cannot be decrypted.
    Result<std::vector<Kept>> read(const std::string& source) const;
    /// The change of state that keeps all of these, newest first; to be committed in scope(). Nothing without a key, and a reload may take
    /// that at any moment, whatever can_keep() said.
    std::optional<store::StateChange> sealed(const std::string& source, const std::vector<Kept>&) const;
    /// Holds one in memory only, in front of what is kept: until it can be kept, or the process ends.
    void hold(const std::string& source, Kept);
    bool holds(const std::string& source) const;
    /// What was held is kept now.
    void let_go(const std::string& source);
    /// The configured values of a setting, as `superseded` wants them; empty without a key.
    std::vector<std::string> fingerprints(const Secrets&, const std::string& setting) const;

    /// Puts kept values into `secrets`: newest first, behind configured ones that are newer than all of them. Values from before a newer
    /// one are left out once the overlap is over. `next`: when the next one will be left out.
    void merge(const std::vector<Kept>&, Millis overlap, Time now, Secrets& secrets, std::optional<Time>& next) const;

private:
    std::shared_ptr<const SealKey> key() const;

    store::Store* const store_;
    mutable std::mutex mutex_;
    std::shared_ptr<const SealKey> key_;
    std::map<std::string, std::vector<Kept>> held_;
};

} // namespace gh::plugin
