// One page of what a provider's records hold (sdk/include/gatehouse/recovery.hpp), read and checked.
#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/plugin/source.hpp"
#include "core/store/records.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace gh::subscriptions {

struct Lost {
    std::string what, reason;
};

struct FoundEvent {
    store::NewEvent event;
    std::string word; ///< names it in the body of the notification; may be empty
};

struct RecoveredPage {
    std::vector<FoundEvent> events;
    std::vector<Lost> lost;
    std::optional<std::string> cursor; ///< none: the last page
};

/// The words (letters, digits, "-", "_"; 4 and more) in the bodies of events, by type: what tells an event that is here already under
/// another dedupe key. About 8 bytes a word.
class Words {
public:
    void add(std::string_view type, std::string_view body);
    bool has(std::string_view type, std::string_view word) const;

private:
    std::unordered_set<uint64_t> hashes_;
};

/// `text`: the result of the plugin's operation of kind recover. An event that breaks a rule becomes a lost one.
Result<RecoveredPage> read_page(std::string_view text, const plugin::Source&, Time now);

} // namespace gh::subscriptions
