#include "core/cli/check_rules.hpp"

#include <algorithm>

namespace gh::cli {

namespace {

constexpr Rule k_rules[] = {
    {1, "exports one symbol"},
    {2, "no unique symbols"},
    {3, "nothing unresolved"},
    {5, "struct sizes"},
    {6, "least ABI needed"},
    {8, "libraries that are everywhere"},
    {9, "loading only sets up"},
    {10, "no input, output, threads or waiting"},
    {11, "a route names a verifier"},
    {12, "same request, same answer"},
    {13, "the raw bytes are verified"},
    {14, "own faults are no refusals, strange requests no faults"},
    {15, "exactly one answer"},
    {17, "the signed time is reported"},
    {18, "the dedupe key stays the same"},
    {20, "several threads at once"},
    {21, "samples"},
    {22, "never crash, always come back"},
    {33, "only enrolled egress"},
    {34, "no URL from a message unchecked"},
    {35, "retry, refused or invalid"},
    {36, "Retry-After"},
    {37, "lists have an end"},
    {39, "real answers make a document"},
    {40, "secrets are writeOnly"},
    {42, "no secret in texts"},
    {44, "all values of a secret are tried"},
    {50, "descriptor and schema"},
    {51, "the schema says what is needed"},
    {52, "unknown settings are refused"},
    {53, "settings have a type"},
    {54, "settings have a description"},
};

} // namespace

std::span<const Rule> checked_rules() {
    return k_rules;
}

std::string_view rule_title(int number) {
    const auto found = std::find_if(std::begin(k_rules), std::end(k_rules), [&](const Rule& r) { return r.number == number; });
    return found == std::end(k_rules) ? std::string_view() : found->title;
}

} // namespace gh::cli
