#include "simulator_lists.hpp"

#include <gatehouse/encoding.hpp>

#include <algorithm>

namespace basiq::sim {

namespace {

constexpr size_t k_page = 500; // default and maximum

bool listed(std::string_view word, const std::vector<std::string_view>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// 'text', cut off the front.
std::optional<std::string> take_quoted(std::string_view& s) {
    if (s.empty() || s[0] != '\'') return std::nullopt;
    const size_t end = s.find('\'', 1);
    if (end == s.npos) return std::nullopt;
    std::string out(s.substr(1, end - 1));
    s.remove_prefix(end + 1);
    return out;
}

bool take(std::string_view& s, char c) {
    if (s.empty() || s[0] != c) return false;
    s.remove_prefix(1);
    return true;
}

} // namespace

bool condition::holds(std::string_view value) const {
    const std::string_view first = values[0];
    if (relation == "eq") return value == first;
    if (relation == "ne") return value != first;
    if (relation == "gt") return value > first;
    if (relation == "gteq") return value >= first;
    if (relation == "lt") return value < first;
    if (relation == "lteq") return value <= first;
    return value >= first && value <= values[1]; // bt
}

std::optional<std::vector<condition>> parse_filter(std::string_view s, const std::vector<std::string_view>& properties,
                                                   const std::vector<std::string_view>& relations) {
    std::vector<condition> out;
    do {
        const size_t open = s.find('(');
        if (open == s.npos) return std::nullopt;
        const size_t dot = s.rfind('.', open);
        if (dot == s.npos) return std::nullopt;
        condition c{std::string(s.substr(0, dot)), std::string(s.substr(dot + 1, open - dot - 1)), {}};
        if (!listed(c.property, properties) || !listed(c.relation, relations)) return std::nullopt;
        s.remove_prefix(open + 1);
        do {
            auto value = take_quoted(s);
            if (!value) return std::nullopt;
            c.values.push_back(std::move(*value));
        } while (take(s, ','));
        if (!take(s, ')') || c.values.size() != (c.relation == "bt" ? 2u : 1u)) return std::nullopt;
        out.push_back(std::move(c));
    } while (take(s, ','));
    return s.empty() ? std::optional(std::move(out)) : std::nullopt;
}

api_answer pager::page(const std::string& path, std::string_view query, const std::vector<list_item>& items,
                       const std::vector<std::string_view>& properties, const std::vector<std::string_view>& relations) {
    const auto wrong = [&](std::string_view what, std::string_view detail) {
        return error(host_, 400, "parameter-not-valid", "Parameter value is not valid.", detail, what);
    };
    position at{path, parameter(query, "filter").value_or(""), 0, k_page};
    std::string self = path + (query.empty() ? "" : "?" + std::string(query));
    if (const auto next = parameter(query, "next")) {
        const auto found = tokens_.find(*next);
        if (found == tokens_.end() || found->second.path != path) return wrong("next", "The provided next parameter is invalid.");
        at = found->second;
    } else if (const auto limit = parameter(query, "limit")) {
        const bool digits = !limit->empty() && limit->size() < 5 && limit->find_first_not_of("0123456789") == limit->npos;
        at.limit = digits ? static_cast<size_t>(std::stoul(*limit)) : 0;
        if (at.limit == 0 || at.limit > k_page) return wrong("limit", "The provided limit parameter must be between 1 and 500.");
    }
    std::vector<condition> conditions;
    if (!at.filter.empty()) {
        auto parsed = relations.empty() ? parse_filter(at.filter, properties) : parse_filter(at.filter, properties, relations);
        if (!parsed) return wrong("filter", "The provided filter parameter is in invalid format or unsupported");
        conditions = std::move(*parsed);
    }
    std::vector<const list_item*> fitting;
    for (const list_item& item : items) {
        const bool fits = std::all_of(conditions.begin(), conditions.end(), [&](const condition& c) {
            const auto value = item.properties.find(c.property);
            return value != item.properties.end() && c.holds(value->second);
        });
        if (fits) fitting.push_back(&item);
    }
    const size_t end = std::min(fitting.size(), at.offset + at.limit);
    json::array data;
    for (size_t i = at.offset; i < end; ++i) data.add(json::raw(fitting[i]->json));
    json::object links{{"self", std::string(host_.base_url()) + self}};
    if (end < fitting.size()) {
        const std::string next = token(host_);
        tokens_[next] = {path, at.filter, end, at.limit};
        order_.push_back(next);
        if (order_.size() > k_most_tokens) {
            tokens_.erase(order_.front());
            order_.erase(order_.begin());
        }
        links.add("next", std::string(host_.base_url()) + path + "?next=" + next);
    }
    const size_t size = end > at.offset ? end - at.offset : 0;
    return ok({{"type", "list"}, {"count", fitting.size()}, {"size", size}, {"data", data}, {"links", links}});
}

} // namespace basiq::sim
