// Lists of Basiq's APIs: filters (api.basiq.io/reference/filters) and pages (…/pagination).
#pragma once

#include <map>
#include <vector>

#include "simulator_text.hpp"

namespace basiq::sim {

/// prop.cond('value') or prop.bt('a','b'), conditions joined by commas.
struct condition {
    std::string property; ///< "connection.id"
    std::string relation; ///< eq bt gt gteq lt lteq ne
    std::vector<std::string> values;
    /// Texts compare byte by byte, which is right for ids, words and dates of one form.
    bool holds(std::string_view value) const;
};

/// Nothing when it is malformed or names a property or relation that is not offered.
std::optional<std::vector<condition>> parse_filter(std::string_view, const std::vector<std::string_view>& properties,
                                                   const std::vector<std::string_view>& relations = {"eq", "bt", "gt", "gteq", "lt", "lteq",
                                                                                                     "ne"});

/// What a page needs of one item: its JSON, and a property's value by name.
struct list_item {
    std::string json;
    std::map<std::string, std::string, std::less<>> properties;
};

/// Serves lists page by page; remembers what the opaque tokens stand for.
class pager {
public:
    explicit pager(simulator_host host) : host_(host) {}
    /// `query`: limit, filter, next. `path` is the list's own, for links.
    api_answer page(const std::string& path, std::string_view query, const std::vector<list_item>& items,
                    const std::vector<std::string_view>& properties, const std::vector<std::string_view>& relations = {});

private:
    struct position {
        std::string path, filter;
        size_t offset, limit;
    };
    static constexpr size_t k_most_tokens = 1000;

    simulator_host host_;
    std::map<std::string, position> tokens_;
    std::vector<std::string> order_; ///< oldest first
};

} // namespace basiq::sim
