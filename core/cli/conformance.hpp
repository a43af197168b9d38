// The conformance check of a plugin (`gatehouse plugins check`): each function below is one check; what it finds carries the number of the
// rule in sdk/RULES.md. They may be crashed or held up by the plugin: check_child.hpp runs them apart.
//
// Where the proof of a request lies decides what may be changed on it unnoticed:
//   signature in a header      no byte of the body
//   signature inside the body  (a JSON member whose name contains "signature") bytes outside the signed members, so long as the event that
//                              comes out is the same; more than half of the body may not be open
//   bearer credential          (Authorization Bearer or Basic, or a header that holds a secret of the settings) the body: reported, since
//                              such a provider signs nothing
//   unguessable address        everything: reported
#pragma once

#include "core/cli/check_trial.hpp"
#include "core/cli/offline.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gh::cli {

/// The file itself, before anything of it runs: exported names, libraries it needs, what it imports, how it is bound. Rules 1, 2, 3, 8, 10.
void check_file(std::string_view bytes, Report&);

/// Samples end as they say, twice the same way, in a window, with either order of two secrets. Rules 12, 14, 17, 21, 42, 44.
void check_samples(const Trial&, Report&);

/// Each accepted sample changed: every header left out and changed, every region of the body, its time moved, its signature put on another
/// sample. Rules 13, 14, 17.
void check_changes(const Trial&, Report&);

/// All samples on four threads at once. Rule 20. Not under confine().
void check_threads(const Trial&, Report&);

/// The schema against what open_source does. Rules 11, 40, 51 to 54.
void check_settings(const Trial&, Report&);

/// Every job (fetch-back, operations, verifiers', routes') with answers of every kind. `answers`: the provider's real ones, see
/// check_answers.hpp; may be empty. Rules 15, 30, 33 to 37, 39, 42.
void check_jobs(const Trial&, const class RecordedAnswers& answers, Report&);

struct FuzzPlan {
    uint64_t seed = 1;
    Millis time{2000}; ///< ends when this is over, or after `cases`
    uint64_t cases = ~uint64_t{0};
    uint64_t first = 0; ///< number of the first case: case N of a seed is always the same
};
/// Verifier and handler with samples changed at random. Rules 13, 14, 22.
void check_fuzz(const Trial&, const FuzzPlan&, Report&);
/// The request of one case, for whoever wants to look at it.
http::Request fuzz_case(const Trial&, uint64_t seed, uint64_t number);

} // namespace gh::cli
