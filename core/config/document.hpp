// A YAML file as a tree that knows its lines, which scalars were quoted, and nothing of types. Built from the parser's events, so that
// duplicate keys are seen and aliases cost nothing until they are followed.
#pragma once

#include "core/config/faults.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gh::config {

struct Node {
    enum class Kind { null, scalar, sequence, mapping };
    struct Entry {
        std::string key;
        int line;
        std::shared_ptr<const Node> value;
    };

    Kind kind = Kind::null;
    int line = 1;
    bool plain = false; ///< a scalar without quotes: may stand for a number, true, false
    std::string text;   ///< of a scalar
    std::vector<std::shared_ptr<const Node>> items;
    std::vector<Entry> entries;
    size_t weight = 1; ///< nodes and bytes below it, aliases followed

    const Entry* find(std::string_view key) const;
    /// "a list", "a mapping", "nothing", or the scalar in quotes.
    std::string described() const;
};

/// What a plain scalar stands for by the core schema of YAML 1.2.2 (section 10.3.2).
enum class Scalar { text, boolean, integer, real };
Scalar scalar_type(std::string_view plain);
/// A JSON number (RFC 8259 section 6).
bool is_json_number(std::string_view);

constexpr size_t k_most_file_bytes = 1u << 20;
/// Nodes and bytes with all aliases followed: stops "billion laughs".
constexpr size_t k_most_weight = 8u << 20;

/// Null after faults that leave no tree (not YAML, too big). Duplicate keys, tags and keys that are not text are noted, and the rest is
/// still read. An empty file gives an empty mapping.
///
/// One extension: ${…} may stand unquoted in flow collections too, as in {secret: ${env:NAME}}.
std::shared_ptr<const Node> parse_document(std::string_view yaml, Faults&);

} // namespace gh::config
