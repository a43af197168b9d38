// Deletes what is older than the retention, a little at a time, between the writer's commits.
//
// A step has its own transaction and a time budget; after it the writer goes back to its queue, so an append waits for one step at most. An
// event that waits for dispatch, or has a pending delivery, stays however old it is.
#pragma once

#include "core/base/time.hpp"
#include "core/store/executor.hpp"

namespace gh::store {

class Retention {
public:
    /// `keep` 0: for ever.
    Retention(Database&, Executor&, const Clock&, Millis keep);

    /// One step. Throws SqlError with the transaction rolled back.
    struct Step {
        int64_t deleted = 0;
        bool more = false; ///< there is more to look at right away
    };
    Step step();
    bool enabled() const { return keep_.count() > 0; }

private:
    struct Candidate {
        int64_t seq;
        Uuid id;
        std::string source;
        bool waits;
    };
    std::vector<Candidate> candidates(Time cutoff);
    void erase(const Candidate&);

    Database& db_;
    Executor& executor_;
    const Clock& clock_;
    Millis keep_;
    Uuid after_; // where this pass stands
};

} // namespace gh::store
