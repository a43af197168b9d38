// A JSON document that can be changed and comes out as it went in: numbers and strings keep their own text, members their order.
//
// Values come from the SDK's strict reader (at most 64 levels, no duplicate names), so a tree is never deeper than its limits allow and
// recursion over it stays shallow.
#pragma once

#include <gatehouse/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace axway {

namespace json = gatehouse::json;

struct node;
using node_ptr = std::unique_ptr<node>;

struct member {
    std::string name; ///< decoded
    node_ptr value;
};

struct node {
    json::kind type = json::kind::null;
    std::string token;           ///< null, boolean, number, string: the JSON text, as written
    std::vector<node_ptr> items; ///< array
    std::vector<member> members; ///< object
    bool container() const { return type == json::kind::array || type == json::kind::object; }
};

/// The deepest document that can be read again.
inline constexpr size_t k_most_depth = json::limits().depth;

/// A copy of what the reader saw. A missing value becomes null.
node_ptr make_tree(json::value);
node_ptr copy(const node&);
/// Compact: no white space between tokens.
std::string to_text(const node&);
/// Levels of arrays and objects; a scalar has none.
size_t depth_of(const node&);
/// About as many bytes as its text has.
size_t weight_of(const node&);

/// Whether a string token ("\"a\\u0062\"") stands for this text.
std::string decoded(const std::string& token);

/// by_value: as RFC 6902 section 4.6 compares: numbers by their value, strings decoded, members in any order.
/// by_text: the same, but numbers only when they are written alike (1 and 1.0 differ).
enum class comparison { by_value, by_text };
bool equal(const node&, const node&, comparison = comparison::by_value);

/// Whether two JSON numbers are the same number, however large or precise: 1, 1.0, 10e-1; 0 and -0.
bool same_number(std::string_view, std::string_view);

} // namespace axway
