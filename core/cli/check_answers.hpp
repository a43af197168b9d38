// What an API could answer: as recorded, failing, slow, absurd.
#pragma once

#include "core/base/result.hpp"
#include "core/egress/client.hpp"
#include "core/plugin/offline_job.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gh::cli {

/// A token in some of the answers: it must not come out again in a failure or a log.
inline constexpr std::string_view k_answered_token = "gatehouse-check-token-5f1c9a";

/// The provider's real answers, from a file of JSON: a list of objects
///   {"method": "GET", "url": "https://api.acme.example/v1/orders/o-17", "status": 200, "headers": {"Content-Type": "application/json"},
///    "body": {"id": "o-17"}}
/// method: "GET" when left out. url: whole, or ending in "*". body: text, or JSON that is sent as it is written. The first that fits
/// counts.
class RecordedAnswers {
public:
    RecordedAnswers() = default;
    /// The error names file and place.
    static Result<RecordedAnswers> read(const std::filesystem::path&);

    bool empty() const { return answers_.empty(); }
    /// Null when none fits.
    const egress::Response* find(const egress::Request&) const;
    /// Answers what it knows, and 404 to the rest; nothing when it is empty. Must not outlive this object.
    plugin::Answerer answerer() const;

private:
    struct Answer {
        std::string method, url;
        egress::Response response;
    };
    std::vector<Answer> answers_;
};

/// One way in which the other side behaves, for a whole job.
struct Scenario {
    enum class Meaning { any, recorded, passing, refused, missing, busy };
    std::string name; ///< "status 500"
    Meaning meaning = Meaning::any;
    /// Makes a fresh one for each job: it may count.
    std::function<plugin::Answerer()> make;
    int drop_after = 0; ///< steps after which the job is dropped; 0: it may end
};

/// All of them, in an order that never changes. `recorded` must outlive them.
std::vector<Scenario> scenarios(const RecordedAnswers& recorded);

/// What a Scenario of Meaning::busy asks for.
inline constexpr Millis k_busy{7000};

} // namespace gh::cli
