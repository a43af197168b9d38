// What the checks of a plugin's behaviour work with: its samples, sources opened with their settings, a clock that is set by hand.
#pragma once

#include "core/cli/check_report.hpp"
#include "core/cli/offline.hpp"
#include "core/plugin/json.hpp"
#include "core/plugin/schema.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gh::cli {

using OpenSample = std::function<Result<std::shared_ptr<plugin::Source>>(const plugin::Sample&)>;

/// `open` gives a source opened with a sample's settings, every time a new one with empty state.
struct Trial {
    std::vector<plugin::Sample> samples;
    OpenSample open;
    ManualClock& clock; ///< the one that the sources were opened with
    std::string settings_schema = {};
    /// Every log line since the start; empty: nobody listens.
    std::function<std::vector<std::string>()> log = {};
    /// Answers the requests of verifiers' jobs; empty: what needs a key stays undecided.
    plugin::Answerer keys = {};
};

/// A sample's request in front of the route that takes it.
struct Ready {
    std::shared_ptr<plugin::Source> source;
    const plugin::Route* route = nullptr;
    http::Request request;
};
/// Sets the clock to the sample's time.
Result<Ready> ready(const Trial&, const plugin::Sample&);
/// The first sample that is to be accepted; null when there is none.
const plugin::Sample* first_accepted(const Trial&);

/// A secret of some settings: where (a JSON Pointer) and what.
struct SecretAt {
    std::string pointer, value;
};
/// Every value at a "writeOnly" place. None when the schema or the settings do not parse.
std::vector<SecretAt> secrets_in(const std::string& settings_schema, const std::string& settings_json);
/// The value at a JSON Pointer that is there; null when nothing is.
plugin::Json* value_at(plugin::Json&, std::string_view pointer);

/// Finds secrets in what a plugin says. Only those of eight characters and more: shorter ones are in every text.
class LeakFinder {
public:
    void add(std::string value);
    /// Whether one of them stands in the text.
    bool leaks(std::string_view text) const;

private:
    std::vector<std::string> values_;
};

/// Same answer, same event.
bool same_offer(const Offer&, const Offer&);
/// "accepted as \"user.created\"", "refused as \"signature_mismatch\": hint", …
std::string told(const Offer&);
/// The beginning of a text for a report: at most 200 bytes, one line.
std::string shortened(std::string_view);

} // namespace gh::cli
