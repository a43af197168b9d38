// The rules that the conformance check looks at, as sdk/RULES.md numbers them.
#pragma once

#include <span>
#include <string_view>

namespace gh::cli {

struct Rule {
    int number;
    std::string_view title; ///< a few words, for the report
};

/// In order of their numbers. A test holds them against sdk/RULES.md.
std::span<const Rule> checked_rules();

/// The title of a rule; empty when the check does not look at it.
std::string_view rule_title(int number);

} // namespace gh::cli
