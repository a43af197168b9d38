// The twins that messages were about, for recovery: the provider cannot be asked "what changed", only "what changed on this twin".
#pragma once

#include <gatehouse/host.hpp>

#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace twin_ledger {

/// At most 16,384 twins, in 64 entries of the source's state. Any thread. What is in memory is complete; an entry on disk may for a moment
/// miss a twin that another job has just added, until the next change of the same entry.
class twins_seen {
public:
    explicit twins_seen(gatehouse::host h);

    /// The change that remembers the twin; nothing when it is known, or no room is left (then full() is true).
    std::optional<gatehouse::state_change> add(std::string_view twin);
    std::vector<std::string> all() const; ///< sorted, lower case
    bool full() const;

private:
    static constexpr size_t k_chunks = 64, k_most = 256;
    static std::string key(size_t chunk);

    mutable std::mutex mutex_;
    std::array<std::set<std::string>, k_chunks> chunks_;
    bool full_ = false;
};

} // namespace twin_ledger
