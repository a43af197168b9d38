// The simulated API for reading: docs/reference/twins, ledgers, history, stickers.
#include <gatehouse/time.hpp>

#include <algorithm>

#include "message.hpp"
#include "simulator_model.hpp"

namespace twin_ledger::sim {

namespace {

/// "/twins/a/stickers" to its parts, decoded where that is needed: names of this API need no encoding.
std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> out;
    while (!path.empty()) {
        path.remove_prefix(1);
        const size_t end = std::min(path.find('/'), path.size());
        out.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return out;
}

std::string parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const size_t equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) return std::string(pair.substr(std::min(equals + 1, pair.size())));
    }
    return {};
}

api_answer stickers(model& m, std::string_view query) {
    const auto since = parse_ts(parameter(query, "ge")).value_or(time_point());
    const auto until = parse_ts(parameter(query, "le")).value_or(time_point::max());
    const auto offset = gatehouse::detail::parse_digits(parameter(query, "offset"), 6).value_or(0);
    const auto limit = std::min<int64_t>(gatehouse::detail::parse_digits(parameter(query, "limit"), 6).value_or(100), 100);
    json::array list;
    int64_t n = 0;
    for (const twin& t : m.twins())
        for (const auto& [color, s] : t.stickers) {
            if (s.created < since || s.created > until) continue;
            if (n >= offset && n < offset + limit)
                list.add(json::object{{"account", m.account()},
                                      {"twin", t.id},
                                      {"color", color},
                                      {"note", s.note},
                                      {"validity_ts", json::raw(ts_text(s.validity))},
                                      {"created_ts", json::raw(ts_text(s.created))}});
            ++n;
        }
    return ok({{"stickers", list}});
}

} // namespace

api_answer read(const simulator_host& host, model& m, const gatehouse::request& r) {
    const auto p = split(r.path());
    const auto missing = [&] { return error(host, 404, 404'001, "no such resource"); };
    if (p.size() == 1 && p[0] == "whoami") return ok({{"account", m.account()}, {"user", m.account()}});
    if (p.size() == 1 && p[0] == "stickers") return stickers(m, r.query());
    if (p.size() < 2 || p[0] != "twins") return missing();
    twin* t = m.find(p[1]);
    if (!t) return missing();
    if (p.size() == 2)
        return ok({{"creation_certificate", json::object{{"uuid", t->id}, {"creator", m.account()}}},
                   {"owner", m.account()},
                   {"status", "alive"}});
    if (p[2] == "stickers" && p.size() == 3) return ok(m.shown(t->stickers));
    if (p[2] == "stickers" && p.size() == 4) {
        const auto s = t->stickers.find(p[3]);
        return s == t->stickers.end() ? missing() : ok(m.shown({*s}));
    }
    if (p[2] != "ledgers" || p.size() < 4) return missing();
    if (p[3] != t->ledger && p[3] != "personal" && p[3] != "owner" && p[3] != "creator") return missing();
    if (p.size() == 4) return ok(m.shown(*t, false));
    if (p[4] == "value") return ok(m.shown(*t, true));
    if (p[4] != "history") return missing();
    const std::string ge = parameter(r.query(), "ge"), le = parameter(r.query(), "le"), limit = parameter(r.query(), "limit");
    const auto n = gatehouse::detail::parse_digits(limit.empty() ? "100" : limit, 4);
    if (!n || *n < 1 || *n > 100) return error(host, 400, 400'314, "limit: invalid_characters");
    return ok(m.history(*t, parse_ts(ge).value_or(time_point()), parse_ts(le).value_or(time_point::max()), static_cast<size_t>(*n)));
}

} // namespace twin_ledger::sim
